"""Stand-in of an operator's check of pictures: ``python sandbox/picture_check.py FOLDER FILE``.

It flags the picture while FOLDER has a file ``flag``, fails while it has ``fail``, and never ends,
as does its child, while it has ``hang``. Without FOLDER's files it finds nothing.
"""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

FOREVER: Final = 3600.0  # seconds


def main(folder: Path, picture: Path) -> None:
    """Print what the check says of the picture."""
    with (folder / "checked").open("a") as file:
        file.write(f"{picture}\n")
    if (folder / "hang").exists():
        child = subprocess.Popen([sys.executable, "-c", f"import time; time.sleep({FOREVER})"])  # noqa: S603
        (folder / "child").write_text(str(child.pid))
        time.sleep(FOREVER)
    if (folder / "fail").exists():
        sys.exit("the check is out of order")
    is_flagged = picture.stat().st_size > 0 and (folder / "flag").exists()
    sys.stdout.write(json.dumps({"flagged": is_flagged, "reason": "nudity" if is_flagged else ""}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
