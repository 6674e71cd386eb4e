'use strict';

// The WebSocket client of Wazo's own applications (npm's @wazo/sdk), unmodified. It knows wss only.

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const tls = require('node:tls');
const { WebSocketClient } = require('@wazo/sdk');
const WebSocket = require('ws');
const { Server } = require('./server');

const ALICE = '28732736-22ea-4e3f-8333-8e137184676a';

// One that the client knows by name.
const PROGRESS = 'meeting_user_progress';

class Installation {
    static async start() {
        const installation = new Installation();
        installation.server = await Server.start('--auth', 'token');
        installation.makeCertificate();
        // In front of the server, on a port that is free.
        installation.front = tls.createServer(
            { key: installation.key, cert: installation.certificate }, (client) => {
                const server = net.connect(installation.server.port, '127.0.0.1');
                client.pipe(server).pipe(client);
                client.on('error', () => server.destroy());
                server.on('error', () => client.destroy());
                server.on('close', () => client.destroy());
            });
        installation.front.listen(0, '127.0.0.1');
        await once(installation.front, 'listening');
        installation.root =
            fs.readFileSync(path.join(installation.server.data, 'root-token'), 'utf8').trim();
        installation.admin = await installation.token({ user: 'admin', roles: ['admin'] });
        await installation.ask('PUT', '/api/v1/types/meeting', installation.admin, {
            path: '/users/me/meetings',
            id_field: 'uuid',
            owner_field: 'owner_uuids',
            owner_list: true,
            events: { progress: { name: PROGRESS } },
            appliers: ['asterisk'],
        });
        return installation;
    }

    makeCertificate() {
        const file = (name) => path.join(this.server.data, name);
        execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2',
            '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost',
            '-keyout', file('key.pem'), '-out', file('certificate.pem')], { stdio: 'ignore' });
        this.key = fs.readFileSync(file('key.pem'));
        this.certificate = fs.readFileSync(file('certificate.pem'));
    }

    async ask(method, target, token, body) {
        const answer = await fetch(this.server.url + target, {
            method, headers: { 'X-Auth-Token': token }, body: body && JSON.stringify(body),
        });
        assert.ok(answer.ok, `${method} ${target} was answered ${answer.status}`);
        return { fields: answer.headers, body: await answer.json() };
    }

    async token(wishes) {
        const made = await this.ask('POST', '/api/v1/tokens', this.root,
            { tenant: 't', ...wishes });
        return made.body.token;
    }

    client(token, events) {
        const certificate = this.certificate;
        class Trusting extends WebSocket {
            constructor(url, protocols) {
                super(url, protocols, { ca: certificate });
            }
        }
        const host = `localhost:${this.front.address().port}`;
        return new WebSocketClient({ host, token, events, version: 2 },
            { WebSocket: Trusting, minReconnectionDelay: 50, maxReconnectionDelay: 200 });
    }

    async remove() {
        await this.server.remove();
        this.front.close();
    }
}

function next(client, event) {
    return new Promise((resolve) => client.once(event, resolve));
}

// A meeting is created and made true; what its owner is told of it.
async function meet(installation, token, client) {
    const heard = [];
    let listener;
    const all = new Promise((resolve) => {
        listener = (event) => {
            heard.push(event.data);
            if (heard.length === 2) resolve();
        };
    });
    client.on(PROGRESS, listener);
    const made = await installation.ask('POST', '/users/me/meetings', token, { name: 'x' });
    const operation = made.fields.get('Operation-Id');
    await installation.ask('PATCH', `/api/v1/operations/${operation}`, installation.admin,
        { state: 'succeeded' });
    await all;
    client.off(PROGRESS, listener);
    assert.deepEqual(heard.map((each) => each.status), ['in_progress', 'ready']);
    for (const each of heard) {
        assert.equal(each.uuid, made.body.uuid);
        assert.equal(each.requester_uuid, ALICE);
    }
}

const tests = {
    async 'the progress of an operation, and again after the server has come back'(installation) {
        const token = await installation.token({ user: ALICE, acl: ['websocketd', '#'] });
        const client = installation.client(token, [PROGRESS]);
        const initialized = next(client, 'initialized');
        client.connect();
        await initialized;
        await meet(installation, token, client);
        const again = next(client, 'initialized');
        await installation.server.end('SIGKILL');
        await installation.server.restart();
        await again;
        await meet(installation, token, client);
        client.close();
    },

    async 'its heartbeat is answered'(installation) {
        const token = await installation.token({ user: ALICE, acl: ['websocketd', '#'] });
        const client = installation.client(token, ['*']);
        const initialized = next(client, 'initialized');
        client.connect();
        await initialized;
        client.pingServer();
        for (;;) {
            const message = await next(client, 'onmessage');
            if (JSON.parse(message.data ?? message).op === 'pong') break;
        }
        client.close();
    },

    async 'a token that is not good'(installation) {
        const client = installation.client('nonsense', ['*']);
        const failed = next(client, 'on_auth_failed');
        client.connect();
        await failed;
        client.close();
    },
};

async function main() {
    const installation = await Installation.start();
    let failed = 0;
    for (const [name, test] of Object.entries(tests)) {
        try {
            await test(installation);
            console.log(`ok   ${name}`);
        } catch (error) {
            ++failed;
            console.log(`FAIL ${name}\n${error.stack}`);
        }
    }
    await installation.remove();
    process.exit(failed === 0 ? 0 : 1);
}

main();
