"""A Hugging Face Hub on the loopback interface: what its client asks of it when a model is pushed.

Paths and answers are those that huggingface_hub 2.4 calls and reads (`hf_api.py`, `_commit_api.py`,
`lfs.py`). Weights go by LFS, texts within the commit; what a commit does not name is not there.
"""

import base64
import json
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from huggingface_hub import ModelCard

from tests.loopback import QuietHandler

TOKEN = "hf_of_the_tests"


@dataclass
class Repo:
    """What a repository holds."""

    private: bool
    files: dict[str, bytes] = field(default_factory=dict)


class Hub(QuietHandler):
    """Use a subclass of it for each server: its attributes are what the Hub remembers."""

    repos: dict[str, Repo]
    stored: dict[str, bytes]
    """LFS: SHA-256 → content; it stays where a commit fails."""
    uploads: list[str]
    """SHA-256 of what was sent, in order."""
    owner = "ana"
    failing = ""
    """Requests whose path ends so are refused with 500."""

    def do_GET(self) -> None:
        repo = self.path.partition("?")[0].removeprefix("/api/models/")
        if not self._may():
            return
        if repo not in self.repos:
            self._answer(404, {"error": "Repository not found"}, {"X-Error-Code": "RepoNotFound"})
            return
        found = self.repos[repo]
        names = [{"rfilename": name} for name in found.files]
        self._answer(200, {"id": repo, "private": found.private, "siblings": names})

    def do_PUT(self) -> None:
        content = self._body()
        digest = sha256(content).hexdigest()
        self.uploads.append(digest)
        self.stored[digest] = content
        self._answer(200, {})

    def do_POST(self) -> None:
        body = self._body()
        path = self.path.partition("?")[0]
        if self.failing and path.endswith(self.failing):
            self._answer(500, {"error": "The disk of the Hub is full"})
        elif not self._may():
            pass
        elif path == "/api/repos/create":
            self._create(json.loads(body))
        elif path == "/api/validate-yaml":
            self._validate(json.loads(body)["content"])
        elif path.endswith("/preupload/main"):
            files = json.loads(body)["files"]
            self._answer(200, {"files": [self._mode(file) for file in files]})
        elif path.endswith("/info/lfs/objects/batch"):
            self._answer(200, {"objects": [*map(self._object, json.loads(body)["objects"])]})
        elif path.endswith("/commit/main"):
            self._commit(path.split("/commit/")[0].removeprefix("/api/models/"), body)
        else:
            self._answer(404, {"error": f"no {path}"})

    def _may(self) -> bool:
        if self.headers.get("Authorization") == f"Bearer {TOKEN}":
            return True
        self._answer(401, {"error": "Invalid username or password."})
        return False

    def _create(self, told: dict[str, Any]) -> None:
        owner = told["organization"] or self.owner
        if owner != self.owner:
            self._answer(403, {"error": "You don't have the rights"})
            return
        repo = f"{owner}/{told['name']}"
        self.repos[repo] = Repo(told["visibility"] == "private", {".gitattributes": b"*.gguf"})
        self._answer(200, {"url": f"{self._address}/{repo}"})

    def _validate(self, card: str) -> None:
        wrong = []
        if not ModelCard(card).data.get("license"):
            wrong.append({"message": "no license"})
        self._answer(400 if wrong else 200, {"errors": wrong, "warnings": []})

    def _mode(self, file: dict[str, Any]) -> dict[str, object]:
        is_weights = file["path"].endswith((".gguf", ".safetensors"))
        mode = "lfs" if is_weights else "regular"
        return {"path": file["path"], "uploadMode": mode, "shouldIgnore": False}

    def _object(self, told: dict[str, Any]) -> dict[str, object]:
        if told["oid"] in self.stored:
            return dict(told)
        href = f"{self._address}/upload/{told['oid']}"
        return {**told, "actions": {"upload": {"href": href}}}

    def _commit(self, repo: str, body: bytes) -> None:
        for line in map(json.loads, body.splitlines()):
            told = line["value"]
            if line["key"] == "file":
                self.repos[repo].files[told["path"]] = base64.b64decode(told["content"])
            elif line["key"] == "lfsFile":
                self.repos[repo].files[told["path"]] = self.stored[told["oid"]]
        commit = "c" * 40
        url = f"{self._address}/{repo}/commit/{commit}"
        self._answer(200, {"commitUrl": url, "commitOid": commit, "success": True})

    @property
    def _address(self) -> str:
        return f"http://{self.headers['Host']}"

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _answer(
        self, status: int, told: dict[str, Any], headers: dict[str, str] | None = None
    ) -> None:
        body = json.dumps(told).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
