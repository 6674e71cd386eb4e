"""A Keystone as far as this server asks one: Identity API v3, /v3/auth/tokens.

Prints its port, and serves until its input ends. /control/... is for the test that started it:
GET counts (what was asked so far), POST forget (every token that it gave out is over), POST lock
(the password is not good any more), POST break (500 to everything), POST mend.
"""

import http.server
import json
import sys
import threading

PEOPLE = {
    "token-of-ann": {"project": {"id": "blue"}, "user": {"id": "ann"},
                     "roles": [{"id": "1", "name": "member"}, {"id": "2", "name": "reader"}]},
    "token-of-eve": {"project": {"id": "blue"}, "user": {"id": "eve"},
                     "roles": [{"id": "2", "name": "reader"}]},
    "token-of-root": {"project": {"id": "ops"}, "user": {"id": "root"},
                      "roles": [{"id": "3", "name": "admin"}]},
    "token-of-nobody": {"user": {"id": "nobody"}},
}

state = {"given": 0, "good": None, "locked": False, "broken": False, "logins": 0, "checks": 0}
lock = threading.Lock()


class Keystone(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *words):
        pass

    def answer(self, status, document=None, fields=()):
        body = json.dumps(document if document is not None else {}).encode()
        self.send_response(status)
        for name, value in fields:
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with lock:
            if self.path == "/control/forget":
                state["good"] = None
            elif self.path == "/control/lock":
                state["good"], state["locked"] = None, True
            elif self.path == "/control/break":
                state["broken"] = True
            elif self.path == "/control/mend":
                state["broken"] = state["locked"] = False
            elif self.path.startswith("/v3/auth/tokens"):
                return self.log_in(json.loads(body))
            self.answer(200)

    def log_in(self, document):
        state["logins"] += 1
        if state["broken"]:
            return self.answer(500)
        auth = document["auth"]
        user = auth["identity"]["password"]["user"]
        is_known = (auth["identity"]["methods"] == ["password"] and
                    user == {"name": "signalbox", "domain": {"name": "Default"},
                             "password": "pass \"word\""} and
                    auth["scope"]["project"] == {"name": "service",
                                                 "domain": {"name": "Default"}})
        if state["locked"] or not is_known:
            return self.answer(401)
        state["given"] += 1
        state["good"] = "own-%d" % state["given"]
        self.answer(201, {"token": {}}, [("X-Subject-Token", state["good"])])

    def do_GET(self):
        with lock:
            if self.path == "/control/counts":
                return self.answer(200, {"logins": state["logins"], "checks": state["checks"]})
            state["checks"] += 1
            if state["broken"]:
                return self.answer(500)
            if self.headers.get("X-Auth-Token") != state["good"] or state["good"] is None:
                return self.answer(401)
            person = PEOPLE.get(self.headers.get("X-Subject-Token"))
            if person is None:
                return self.answer(404)
            token = dict(person, expires_at="2999-01-01T00:00:00.000000Z")
            self.answer(200, {"token": token})


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Keystone)
print("listens on %d." % server.server_address[1], flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
