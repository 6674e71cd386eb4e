"""The real server, as server.js has it: on a free port of loopback, with data of its own."""

import os
import re
import shutil
import subprocess
import tempfile

READY = re.compile(r'^signalbox ready on (http://127\.0\.0\.1:(\d+))$')


class Server:
    def __init__(self, *options):
        self.options = os.environ.get('SERVE_OPTIONS', '').split() + list(options)
        self.data = tempfile.mkdtemp(prefix='signalbox-peers-')
        self.port = 0
        self.restart()

    def restart(self):
        """On the same data and, from the second time on, the same port."""
        words = [os.environ['SIGNALBOX'], 'serve', '--data', self.data, '--listen',
                 f'127.0.0.1:{self.port}', '--log-level', 'warning']
        self.process = subprocess.Popen(words + self.options, stdout=subprocess.PIPE, text=True)
        found = READY.match(self.process.stdout.readline().rstrip())
        if not found:
            raise RuntimeError('the server did not start')
        self.url = found.group(1)
        self.port = int(found.group(2))

    def root_token(self):
        """Of a server that asks for tokens."""
        with open(os.path.join(self.data, 'root-token'), encoding='ascii') as file:
            return file.read().strip()

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def remove(self):
        self.kill()
        shutil.rmtree(self.data)
