/*
 * editor - let a person edit a text in the editor of their choice
 *
 * $VISUAL, $EDITOR, else "editor".  The text is in a file only the person can
 * read; it stays until editor_forget(), so that nothing typed is lost when
 * what follows fails.
 *
 * Ownership: text and path are in the arena.
 * Errors: ERR_USAGE without a terminal, ERR_SYS when the editor fails (the
 *   file is then gone unless it was changed).
 */
#ifndef COMPOSER_CLI_EDITOR_H
#define COMPOSER_CLI_EDITOR_H

#include <stddef.h>

struct cli;
struct err;

/* 1: edited, 0: left as it was, -1: error. */
int editor_edit(struct cli *c, const char *text, char **ret_text, size_t *ret_n,
    const char **ret_path, struct err *e);
void editor_forget(const char *path);

/* FILE of an option: a path, or - for standard input. */
int editor_read_file(struct cli *c, const char *path, char **ret_text,
    size_t *ret_n, struct err *e);

#endif
