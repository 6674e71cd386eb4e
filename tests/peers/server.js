'use strict';

// The real server, on a free port of loopback and with a data directory of its own. SIGNALBOX
// says where the binary is, SERVE_OPTIONS what it is told beside what a test tells it.

const { spawn } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const readline = require('node:readline');

const ready = /^signalbox ready on (http:\/\/127\.0\.0\.1:(\d+))$/;

class Server {
    static async start(...options) {
        const server = new Server(options);
        await server.restart();
        return server;
    }

    constructor(options) {
        const given = (process.env.SERVE_OPTIONS || '').split(' ').filter(Boolean);
        this.options = given.concat(options);
        this.data = fs.mkdtempSync(path.join(os.tmpdir(), 'signalbox-peers-'));
        this.port = 0;
    }

    // On the same data and, from the second time on, the same port.
    async restart() {
        const listen = `127.0.0.1:${this.port}`;
        const words = ['serve', '--data', this.data, '--listen', listen, '--log-level', 'warning'];
        this.child = spawn(process.env.SIGNALBOX, words.concat(this.options), {
            stdio: ['ignore', 'pipe', 'inherit'],
        });
        this.exited = once(this.child, 'exit');
        const lines = readline.createInterface({ input: this.child.stdout });
        const [line] = await Promise.race([once(lines, 'line'), this.exited]);
        const found = ready.exec(line);
        if (!found) throw new Error(`the server did not start: ${line}`);
        this.url = found[1];
        this.port = Number(found[2]);
    }

    // Returns the exit status, or null when a signal ended it.
    async end(signal) {
        this.child.kill(signal);
        const [status] = await this.exited;
        return status;
    }

    async remove() {
        await this.end('SIGKILL');
        fs.rmSync(this.data, { recursive: true });
    }

    // A number that the server measures, such as signalbox_waiters{partition="0"}.
    async metric(name) {
        const text = await (await fetch(`${this.url}/metrics`)).text();
        const line = text.split('\n').find((each) => each.startsWith(`${name} `));
        return Number(line.split(' ')[1]);
    }

    // Waits until so many requests are held.
    async holds(count) {
        for (const end = Date.now() + 20000; Date.now() < end;) {
            if ((await this.metric('signalbox_waiters{partition="0"}')) === count) return;
        }
        throw new Error(`the server never held ${count} requests`);
    }
}

module.exports = { Server };
