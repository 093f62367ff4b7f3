#include "daemon/role/secret.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"

int
secret_read(char ret[SECRET_MAX], const char *path, const char *credential,
    struct err *e)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");
	char other[512];
	int why = 0;
	FILE *f;

	if (dir != NULL) {
		(void)snprintf(other, sizeof(other), "%s/%s", dir, credential);
		if (access(other, R_OK) == 0)
			path = other;
	}
	f = fopen(path, "re");
	if (f == NULL)
		why = errno;
	else if (fgets(ret, SECRET_MAX, f) == NULL)
		why = EINVAL;
	if (f != NULL)
		(void)fclose(f);
	if (why != 0) {
		(void)err_sys(e, why, "The password file %s cannot be read",
		    path);
		e->kind = ERR_CONFIG;
		return -1;
	}
	ret[strcspn(ret, "\r\n")] = '\0';
	return 0;
}
