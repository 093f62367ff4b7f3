"""Requests that two programs could read in two ways, and what else does not
belong on the wire.  Each brings a second request along where it can: nobody
may answer that."""

MARK = b"text/css"  # of the answer to the second request
SECOND = b"GET /style.css HTTP/1.1\r\nHost: x\r\n\r\n"
POST = (b"POST /u/a HTTP/1.1\r\nHost: x\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\n")
GET = b"GET /nowhere HTTP/1.1\r\nHost: x\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
END = b"0\r\n\r\n"


def chunked(coding, rest=END + SECOND):
    return POST + coding + b"\r\n\r\n" + rest


AMBIGUOUS = {
    "two lengths": POST + b"Content-Length: 3\r\nContent-Length: 40\r\n\r\n"
                   b"a=1" + SECOND,
    "the same length twice": POST + b"Content-Length: 3\r\n"
                             b"Content-Length: 3\r\n\r\na=1" + SECOND,
    "a list of lengths": POST + b"Content-Length: 3, 3\r\n\r\na=1" + SECOND,
    "length and coding": POST + b"Content-Length: 4\r\n" + CHUNKED
                         + b"\r\n3\r\na=1\r\n" + END + SECOND,
    "coding and length": POST + CHUNKED + b"Content-Length: 4\r\n"
                         b"\r\n3\r\na=1\r\n" + END + SECOND,
    "negative length": POST + b"Content-Length: -1\r\n\r\n" + SECOND,
    "signed length": POST + b"Content-Length: +3\r\n\r\na=1" + SECOND,
    "hexadecimal length": POST + b"Content-Length: 0x3\r\n\r\na=1" + SECOND,
    "length in words": POST + b"Content-Length: three\r\n\r\na=1" + SECOND,
    "length with a blank": POST + b"Content-Length: 3 4\r\n\r\na=1" + SECOND,
    "an enormous length": POST + b"Content-Length: 18446744073709551619\r\n"
                          b"\r\na=1" + SECOND,
    "empty length": POST + b"Content-Length: \r\n\r\n" + SECOND,
    "blank before the colon": POST + b"Content-Length : 3\r\n\r\na=1"
                              + SECOND,
    "blank before the coding's colon": chunked(b"Transfer-Encoding : chunked"),
    "blank before the name": chunked(b" Transfer-Encoding: chunked"),
    "unknown coding": chunked(b"Transfer-Encoding: xchunked"),
    "two codings": chunked(b"Transfer-Encoding: chunked\r\n"
                           b"Transfer-Encoding: identity"),
    "a list of codings": chunked(b"Transfer-Encoding: gzip, chunked"),
    "chunked not last": chunked(b"Transfer-Encoding: chunked, identity"),
    "chunked twice": chunked(b"Transfer-Encoding: chunked, chunked"),
    "coding in quotes": chunked(b"Transfer-Encoding: \"chunked\""),
    "coding after a form feed": chunked(b"Transfer-Encoding: \x0cchunked"),
    "bare CR in a field": GET + b"A: b\rContent-Length: 3\r\n\r\n" + SECOND,
    "NUL in a name": GET + b"A\x00b: c\r\n\r\n" + SECOND,
    "no colon": GET + b"Content-Length\r\n\r\n" + SECOND,
    "two hosts": GET + b"Host: y\r\n\r\n" + SECOND,
    "no host": b"GET /nowhere HTTP/1.1\r\n\r\n" + SECOND,
    "chunk size with a sign": chunked(CHUNKED[:-2], b"+3\r\na=1\r\n" + END
                                      + SECOND),
    "chunk size in hexadecimal": chunked(CHUNKED[:-2], b"0x3\r\na=1\r\n" + END
                                         + SECOND),
    "chunk size too large": chunked(CHUNKED[:-2], b"10000000000000003\r\na=1"
                                    b"\r\n" + END + SECOND),
    "negative chunk": chunked(CHUNKED[:-2], b"-3\r\na=1\r\n" + END + SECOND),
    "chunk longer than it says": chunked(CHUNKED[:-2], b"3\r\na=1234\r\n" + END
                                         + SECOND),
    "chunk size with a blank": chunked(CHUNKED[:-2], b" 3\r\na=1\r\n" + END
                                       + SECOND),
    "empty chunk size": chunked(CHUNKED[:-2], b"\r\na=1\r\n" + END + SECOND),
    "blank in the path": b"GET /no where HTTP/1.1\r\nHost: x\r\n\r\n"
                         + SECOND,
    "no version": b"GET /nowhere\r\n\r\n" + SECOND,
    "a version of the future": b"GET /nowhere HTTP/3.7\r\nHost: x\r\n\r\n"
                               + SECOND,
    "a version in small letters": b"GET /nowhere http/1.1\r\nHost: x\r\n\r\n"
                                  + SECOND,
    "another server": b"GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n",
    "no path": b"GET * HTTP/1.1\r\nHost: x\r\n\r\n" + SECOND,
    "a proxy": b"CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n" + SECOND,
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + SECOND,
    "TLS": bytes.fromhex("16030100f1010000ed0303") + bytes(240) + SECOND,
    "no text": bytes(range(256)) * 20,
}

# What has one meaning, and not one that anybody who means well has.
MALFORMED = {
    "encoded NUL": b"GET /style.css%00b HTTP/1.1\r\nHost: x\r\n\r\n" + SECOND,
    "encoded line end": b"GET /a%0d%0aX:b HTTP/1.1\r\nHost: x\r\n\r\n"
                        + SECOND,
    "control octet": b"GET /a\x01b HTTP/1.1\r\nHost: x\r\n\r\n" + SECOND,
    "eight bits": b"GET /caf\xc3\xa9 HTTP/1.1\r\nHost: x\r\n\r\n" + SECOND,
    "bad escape": b"GET /a%zz HTTP/1.1\r\nHost: x\r\n\r\n" + SECOND,
    "many fields": GET + b"A: b\r\n" * 70 + b"\r\n" + SECOND,
}

# What libmicrohttpd reads in one way and does not tell us about: a NUL ends a
# line, a field folded before its value or without a name is none, others are
# joined (RFC 9112, 5.2 allows it).  Nothing well-made forwards these; nginx
# does not.
TOLERATED = {
    "folded field": GET + b"A: b\r\n c\r\n\r\n" + SECOND,
    "NUL in a field": GET + b"A: b\x00c\r\n\r\n" + SECOND,
    "NUL in the path": b"GET /nowhere\x00 HTTP/1.1\r\nHost: x\r\n\r\n"
                       + SECOND,
    "nothing but line ends": b"\r\n" * 100 + SECOND,
    "coding with a NUL": chunked(b"Transfer-Encoding: chunked\x00"),
    "folded coding": chunked(b"Transfer-Encoding:\r\n chunked"),
    "no name": GET + b": b\r\n\r\n" + SECOND,
}
