"""Predict a video through the HTTP interface of the app: python examples/app_client.py ADDRESS CLIP.

ADDRESS is what ``ferfusion app`` prints, with its token. Needs httpx.
"""

import sys
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx


def main(address: str, clip: Path) -> None:
    """Upload a video, wait for its job, and print the reading and the first rows of the table."""
    parts = urlsplit(address)
    headers = {"Authorization": f"Bearer {parse_qs(parts.query)['token'][0]}"}
    base_url = f"{parts.scheme}://{parts.netloc}/api/v1"
    with httpx.Client(base_url=base_url, headers=headers, timeout=60) as app, clip.open("rb") as file:
        upload = app.post("/uploads", params={"name": clip.name}, content=file).raise_for_status().json()
        answer = app.post("/jobs", json={"inputs": [upload["id"]]})
        if answer.is_error:
            sys.exit(answer.json()["detail"])
        [job] = answer.json()
        while job["state"] in ("waiting", "running"):
            time.sleep(0.5)
            job = app.get(f"/jobs/{job['id']}").json()
        if job["state"] != "done":
            sys.exit(job["message"])
        print(*app.get(f"/results/{job['id']}").json()["reading"], sep="\n")
        print(*app.get(f"/results/{job['id']}/frames.csv").text.splitlines()[:3], sep="\n")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
