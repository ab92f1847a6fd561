"""The one command that installs the PDF engine's libraries on this system."""

from __future__ import annotations

import platform
import sys

_APT = "sudo apt-get install -y libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"

#: By ``ID`` or ``ID_LIKE`` of os-release, or by ``sys.platform``.
_COMMANDS = {
    "debian": _APT,
    "ubuntu": _APT,
    "fedora": "sudo dnf install -y pango",
    "rhel": "sudo dnf install -y pango",
    "arch": "sudo pacman -S --needed pango",
    "alpine": "apk add pango",
    "suse": "sudo zypper install -y pango",
    "darwin": "brew install pango",
    "win32": "pacman -S mingw-w64-ucrt-x86_64-pango  (in an MSYS2 shell)",
}


def pango_command() -> str:
    """Return the one command that installs Pango on this system."""
    keys = [sys.platform]
    if sys.platform == "linux":
        try:
            release = platform.freedesktop_os_release()
        except OSError:
            release = {}
        keys = [release.get("ID", ""), *release.get("ID_LIKE", "").split()]
    found = (_COMMANDS[key] for key in keys if key in _COMMANDS)
    return next(found, "install Pango 1.44 or later with the system's package manager")
