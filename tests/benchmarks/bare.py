"""The least that an endpoint of the same framework and server does: read a body, send a constant.

``python -m tests.benchmarks.bare SIZE`` prints where it is as JSON, and answers until it is ended.
"""

from __future__ import annotations

import json
import sys

from fastapi import FastAPI, Request, Response

from candidate_cards.contract.serving import listening

PATH = "/constant"


def _main() -> None:
    content = b"x" * int(sys.argv[1])
    app = FastAPI()

    @app.post(PATH)
    async def constant(request: Request) -> Response:
        await request.body()
        return Response(content, media_type="application/json")

    with listening("127.0.0.1", 0) as listener:
        server = listener.server(app, graceful_seconds=1)
        sys.stdout.write(json.dumps({"baseUrl": server.base_url}) + "\n")
        sys.stdout.flush()
        server.run()


if __name__ == "__main__":
    _main()
