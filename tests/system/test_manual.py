"""The manual knows every command and every setting, and nothing else."""
import json
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MAN = (ROOT / "composer/cli/tweeluik.1").read_text()
CONF = (ROOT / "base/tweeluik.conf.5").read_text()
EXAMPLE = ROOT / "base/tweeluik.conf.example"


def commands(site):
    """Noun, verb and options, as the completion has them."""
    text = site.tweeluik("completion", "bash", check=True).stdout
    for noun, verb, options in re.findall(
            r"^\t'(\w+) (\w*)'\) words=; options\+=' (.*)';;$", text, re.M):
        yield f"{noun} {verb}".strip(), options.split()


def test_every_command_and_option(site):
    known = dict(commands(site))
    assert len(known) > 40
    described = {}
    for line in re.findall(r"^\.It Cm ([a-z].*)$", MAN, re.M):
        words = re.match(r"[a-z]+(?: (?:[a-z]+))?", line)[0]
        name = words if words in known else words.split()[0]
        described.setdefault(name, set()).update(
            "--" + x for x in re.findall(r"Fl -([a-z-]+)", line))
    for name, options in known.items():
        assert name in described, name
        assert described[name] == set(options), name
    assert set(described) == set(known)


def example():
    """The example, with the sections that are commented out as a whole."""
    return re.sub(r"^#mailbox .*?^#}", lambda m: re.sub(
        "^#", "", m[0], flags=re.M), EXAMPLE.read_text(),
        flags=re.M | re.S)


def shown(site, tmp_path):
    whole = tmp_path / "example.conf"
    whole.write_text(example())
    return json.loads(site.tweeluik("--config", whole, "config", "show",
                                    "--json", check=True).stdout)["items"]


def test_every_setting(site, tmp_path):
    for setting in shown(site, tmp_path):
        word = setting["name"].split(".")[-1]
        assert re.search(rf"^\.It Ic .*\b{word}\b", CONF, re.M), word
        assert re.search(rf"^\s*#?{word} = ", example(), re.M), word


def test_the_example_is_a_configuration(site, tmp_path):
    settings = {s["name"]: s for s in shown(site, tmp_path)}
    assert {"keys", "relay.host", "mailbox.return.host",
            "mailbox.items.path"} < set(settings)
    # What is commented out is what is in force without it.
    section = ""
    for line in example().splitlines():
        if begins := re.match(r'(\w+) (?:"(\w+)" )?{$', line):
            section = ".".join(w for w in begins.groups() if w) + "."
        elif line == "}":
            section = ""
        elif default := re.match(r'\s*#(\w+) = "?(.*?)"?$', line):
            setting = settings[section + default[1]]
            if setting["value"]:
                assert setting["origin"] == "default"
                assert setting["value"] == default[2].strip("{}"), default[1]


def test_pages_are_well_formed():
    for page in [ROOT / "composer/cli/tweeluik.1",
                 ROOT / "base/tweeluik.conf.5", *ROOT.glob("daemon/*.8")]:
        done = subprocess.run(["groff", "-mandoc", "-Tutf8", "-ww", page],
                              capture_output=True, text=True)
        assert done.returncode == 0 and done.stderr == "", done.stderr
        assert max(map(len, page.read_text().splitlines())) < 300
