"""Mail that is made to cost time and memory, and what reading it costs."""
import resource
import subprocess

MB = 1 << 20
HEAD = (b"Return-Path: <>\nFrom: MAILER-DAEMON@mx.example\n"
        b"Subject: Undelivered Mail Returned to Sender\n")
REPORT = (HEAD + b"Content-Type: multipart/report; boundary=B; "
          b"report-type=delivery-status\n\n--B\n"
          b"Content-Type: message/delivery-status\n\n")
HOSTILE = {
    "a header of a megabyte": (HEAD + b"X: ", b"a", b"\n\nx"),
    "fields": (HEAD, b"a:b\n", b"\nx"),
    "lines that are no fields": (HEAD, b"x\na:b\n", b""),
    "folding": (HEAD + b"X: y\n", b" \n", b"\nx"),
    "recipients": (HEAD + b"To: ", b"a@b.c,", b"\n\nnot delivered\nz@y.example"),
    "failed recipients": (HEAD + b"X-Failed-Recipients: ", b"ab@c.de,", b"\n\nx"),
    "parts": (HEAD + b"Content-Type: multipart/mixed; boundary=B\n\n",
              b"--B\n\n", b""),
    "nearly parts": (HEAD + b"Content-Type: multipart/mixed; boundary=B\n\n",
                     b"--BB\n", b""),
    "nesting": (HEAD, b"Content-Type: multipart/mixed; boundary=a\n\n--a\n",
                b""),
    "mails in mails": (HEAD, b"Content-Type: message/rfc822\n\n", b""),
    "groups": (REPORT, b"Final-Recipient: rfc822;a@b.c\nAction: failed\n\n",
               b""),
    "a diagnosis": (REPORT + b"Diagnostic-Code: ", b"550 ", b"\n"),
    "angle brackets": (HEAD + b"Content-Type: text/html\n\n", b"<", b""),
    "entities": (HEAD + b"Content-Type: text/html\n\n", b"&#", b""),
    "addresses": (HEAD + b"\n", b"a@b.c ", b""),
    "signs": (HEAD + b"\n", b"@", b""),
    "commands": (HEAD + b"\n", b">>> RCPT To:<a@b.c>\n", b""),
    "phrases": (HEAD + b"\n", b"could not be ", b""),
    "quotes": (HEAD + b"\n--- Original message ---\n", b"> a\n", b""),
    "encoded words": (b"Subject: ", b"=?utf-8?q?a?= ", b"\n\nx"),
    "escapes": (HEAD + b"Content-Type: text/plain; charset=iso-2022-jp\n\n",
                b"\x1b$B!!\x1b(B", b""),
    "no line at all": (b"", b"\r", b""),
    "nothing": (b"", b"\0", b""),
}


def write(path, shape):
    """A megabyte of it."""
    head, again, tail = HOSTILE[shape]
    path.write_bytes(head + again * (MB // len(again)) + tail)


def cpu(program, path, times, limit=True):
    """Seconds of CPU; limit: with no more memory than allowed."""
    def confine():
        if limit:
            resource.setrlimit(resource.RLIMIT_DATA, (64 * MB, 64 * MB))
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([program, "bounce", "explain", *[path] * times],
                   check=True, stdout=subprocess.DEVNULL, preexec_fn=confine)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime - before.ru_utime +
            after.ru_stime - before.ru_stime)


def cost(program, path, limit=True):
    """Seconds of CPU for each time more."""
    few, many = (cpu(program, path, n, limit) for n in (1, 11))
    return (many - few) / 10
