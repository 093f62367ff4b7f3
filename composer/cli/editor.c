#include "composer/cli/editor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/catalogue.h"
#include "composer/cli/cli.h"
#include "composer/item/item_form.h"

#define SUFFIX ".item"

static int
read_stream(struct cli *c, FILE *f, const char *name, char **ret_text,
    size_t *ret_n, struct err *e)
{
	char *text = malloc(ITEM_FILE_MAX + 1);
	size_t n;

	if (text == NULL)
		abort();
	n = fread(text, 1, ITEM_FILE_MAX + 1, f);
	if (ferror(f) || n > ITEM_FILE_MAX) {
		(void)(ferror(f)
			? err_sys(e, errno, N_("%s cannot be read"), name)
			: err_set(e, ERR_INPUT, "%s is larger than %zu bytes",
			      name, ITEM_FILE_MAX));
		free(text);
		return -1;
	}
	*ret_text = arena_memdup(&c->arena, text, n);
	*ret_n = n;
	free(text);
	return 0;
}

int
editor_read_file(struct cli *c, const char *path, char **ret_text,
    size_t *ret_n, struct err *e)
{
	FILE *f;
	int rc;

	if (strcmp(path, "-") == 0)
		return read_stream(c, stdin, tr(N_("standard input")), ret_text,
		    ret_n, e);
	f = fopen(path, "re");
	if (f == NULL) {
		(void)err_sys(e, errno, "%s cannot be read", path);
		e->kind = errno == ENOENT ? ERR_USAGE : ERR_SYS;
		return -1;
	}
	rc = read_stream(c, f, path, ret_text, ret_n, e);
	(void)fclose(f);
	return rc;
}

static int
write_file(struct cli *c, const char *text, const char **ret_path,
    struct err *e)
{
	const char *dir = getenv("TMPDIR");
	char *path = arena_printf(&c->arena, "%s/tweeluik-XXXXXX" SUFFIX,
	    dir != NULL && dir[0] != '\0' ? dir : "/tmp");
	int fd = mkostemps(path, (int)strlen(SUFFIX), O_CLOEXEC);
	FILE *f = fd == -1 ? NULL : fdopen(fd, "w");

	if (f == NULL)
		return err_sys(e, errno, "%s cannot be written", path);
	(void)fputs(text, f);
	if (fclose(f) != 0) {
		(void)err_sys(e, errno, "%s cannot be written", path);
		(void)unlink(path);
		return -1;
	}
	*ret_path = path;
	return 0;
}

/* Through a shell, as EDITOR may hold arguments ("code --wait"). */
static bool
run_editor(const char *path)
{
	const char *editor = getenv("VISUAL");
	char command[512];
	int status;
	pid_t pid;

	if (editor == NULL || editor[0] == '\0')
		editor = getenv("EDITOR");
	if (editor == NULL || editor[0] == '\0')
		editor = "editor";
	if (snprintf(command, sizeof(command), "%s \"$1\"", editor) >=
	    (int)sizeof(command))
		return false;
	pid = fork();
	if (pid == 0) {
		(void)execl("/bin/sh", "sh", "-c", command, "sh", path,
		    (char *)NULL);
		_exit(127);
	}
	while (pid > 0 && waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			return false;
	return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int
editor_edit(struct cli *c, const char *text, char **ret_text, size_t *ret_n,
    const char **ret_path, struct err *e)
{
	const char *path;
	bool done;

	if (c->no_input || !isatty(STDIN_FILENO)) {
		(void)err_set(e, ERR_USAGE,
		    "There is no terminal to edit the form on");
		return err_hint(e, N_("Add --file FILE, or --file -"));
	}
	if (write_file(c, text, &path, e) == -1)
		return -1;
	done = run_editor(path);
	if (editor_read_file(c, path, ret_text, ret_n, e) == -1)
		return -1;
	if (strlen(text) == *ret_n && memcmp(text, *ret_text, *ret_n) == 0) {
		editor_forget(path);
		if (done)
			return 0;
	}
	if (!done) {
		(void)err_set(e, ERR_SYS,
		    "The editor ended with an error, so nothing was changed");
		if (access(path, F_OK) == 0)
			return err_hint(e, N_("Your text is kept in %s"), path);
		return err_hint(e, N_("Which editor: see EDITOR"));
	}
	*ret_path = path;
	return 1;
}

void
editor_forget(const char *path)
{
	(void)unlink(path);
}
