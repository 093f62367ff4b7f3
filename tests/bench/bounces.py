"""Reading reports of the corpus on one core, beside other parsers."""

import dataclasses
import pathlib
import subprocess
import sys
import tempfile

import hostile_mail
from bounce_score import files

SECONDS = 3  # for ours, which reads the corpus many times

# Each prints how many messages a second of CPU it reads, and the most memory
# it had (MB).
SISIMAI = """
my ($n, $start) = (scalar @ARGV, (times)[0] + (times)[1]);
Sisimai->make($_) for @ARGV;
printf "%f ", $n / ((times)[0] + (times)[1] - $start);
open my $status, "<", "/proc/self/status";
/^VmHWM:\\s+(\\d+)/ && printf "%f\\n", $1 / 1024 while <$status>;
"""
FLUFL = """
import email, sys, time
from flufl.bounce import all_failures
mails = [open(f, "rb").read() for f in sys.argv[1:]]
start = time.process_time()
for mail in mails:
    all_failures(email.message_from_bytes(mail))
print(len(mails) / (time.process_time() - start), end=" ")
print(int(open("/proc/self/status").read().split("VmHWM:")[1].split()[0]) / 1024)
"""


@dataclasses.dataclass
class Reading:
    rate: float
    memory_mb: float


def run(*command):
    """None: not installed."""
    done = subprocess.run(command, capture_output=True, text=True)
    return None if done.returncode else Reading(
        *(float(x) for x in done.stdout.split()[:2]))


class Bounces:
    """Without the hostile ones, which other parsers may not survive."""

    def __init__(self, build):
        self.program = build / "tests/bench-bounces"
        self.tweeluik = build / "bin/tweeluik"
        self.mails = [str(f) for f in files() if not f.name.startswith("hos-")]

    def mine(self, seconds=SECONDS):
        return run(str(self.program), str(seconds), *self.mails)

    def sisimai(self):
        return run("perl", "-MSisimai", "-e", SISIMAI, *self.mails)

    def flufl(self):
        return run(sys.executable, "-c", FLUFL, *self.mails)

    def worst(self):
        """What is made to cost time: (milliseconds a megabyte, which)."""
        with tempfile.TemporaryDirectory() as folder:
            mail = pathlib.Path(folder) / "mail"

            def milliseconds(shape):
                hostile_mail.write(mail, shape)
                return 1000 * hostile_mail.cost(self.tweeluik, mail)
            return max((milliseconds(x), x) for x in hostile_mail.HOSTILE)
