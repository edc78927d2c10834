"""A real HTTP server on the loopback interface, for what asks an endpoint."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


class QuietHandler(BaseHTTPRequestHandler):
    """Answers as its subclass says, and writes no line for each request."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


@contextmanager
def serving(handler: type[QuietHandler]) -> Iterator[str]:
    """Serve on a free port; gives the base URL of an OpenAI-compatible API."""
    http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    http.daemon_threads = True
    Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield f"http://127.0.0.1:{http.server_address[1]}/v1"
    http.shutdown()
    http.server_close()


class ModelHandler(QuietHandler):
    """What the servers of models share: how a completion, or a refusal, is sent."""

    def asked(self) -> str:
        """The last message of the request."""
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        return str(request["messages"][-1]["content"])

    def answer(self, text: str) -> None:
        """Send a whole reply as one piece of a stream."""
        choice = {"index": 0, "delta": {"content": text}, "finish_reason": "stop"}
        usage = {"prompt_tokens": 100, "completion_tokens": 7, "total_tokens": 107}
        chunk = {"id": "1", "object": "chat.completion.chunk", "choices": [choice], "usage": usage}
        body = f"data: {json.dumps(chunk)}\n\ndata: [DONE]\n\n"
        self._send(200, "text/event-stream", body)

    def refuse(self, status: int = 429, message: str = "Quota used up") -> None:
        """Send what a server says that does not answer, such as one whose quota is used up."""
        body = json.dumps({"error": {"message": message}})
        self._send(status, "application/json", body)

    def _send(self, status: int, kind: str, body: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("retry-after-ms", "1")
        self.end_headers()
        self.wfile.write(body.encode())
