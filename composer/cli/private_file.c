#include "composer/cli/private_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "composer/cli/cli.h"

static int
unwritable(const char *path, int why, struct err *e)
{
	(void)err_sys(e, why, "The file %s cannot be written", path);
	if (why == EACCES)
		e->kind = ERR_DENIED;
	return -1;
}

int
private_file_open(struct private_file *p, struct cli *c, const char *path,
    struct err *e)
{
	struct stat st;
	int fd;

	*p = (struct private_file){ .path = path };
	if (strcmp(path, "-") == 0) {
		p->f = stdout;
		return 0;
	}
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
		fd = open(path, O_WRONLY | O_CLOEXEC);
	} else {
		p->temporary = arena_printf(&c->arena, "%s.XXXXXX", path);
		fd = mkostemp(p->temporary, O_CLOEXEC);
	}
	if (fd == -1)
		return unwritable(path, errno, e);
	p->f = fdopen(fd, "w");
	if (p->f == NULL)
		abort();
	return 0;
}

int
private_file_close(struct private_file *p, struct err *e)
{
	bool failed = ferror(p->f) != 0;
	int why = failed ? EIO : 0;

	if (p->f == stdout) {
		if (fflush(stdout) != 0)
			failed = true, why = errno;
	} else if (fclose(p->f) != 0) {
		failed = true, why = errno;
	}
	if (!failed && p->temporary != NULL &&
	    rename(p->temporary, p->path) == -1)
		failed = true, why = errno;
	if (!failed)
		return 0;
	if (p->temporary != NULL)
		(void)unlink(p->temporary);
	return unwritable(p->path, why, e);
}

void
private_file_drop(struct private_file *p)
{
	if (p->f != stdout)
		(void)fclose(p->f);
	if (p->temporary != NULL)
		(void)unlink(p->temporary);
}
