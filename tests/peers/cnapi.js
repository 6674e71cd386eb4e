'use strict';

// Triton's own client of CNAPI with promises instead of callbacks; nothing else is changed.

const test = require('node:test');
const { CNAPI } = require('sdc-clients');
const { Server } = require('./server');

class Client {
    constructor(server, options) {
        this.cnapi = new CNAPI({ url: server.url, ...options });
    }

    // Calls the client's own function of that name; its error has the response as `res`.
    call(name, ...given) {
        return new Promise((resolve, reject) => {
            this.cnapi[name](...given, (error, body, request, response) => {
                if (error) return reject(Object.assign(error, { res: response }));
                return resolve({ body, request, response });
            });
        });
    }

    get(...given) { return this.call('get', ...given); }
    put(...given) { return this.call('put', ...given); }
    post(...given) { return this.call('post', ...given); }
    del(...given) { return this.call('del', ...given); }

    async create(server, ticket) {
        return (await this.call('waitlistTicketCreate', server, ticket)).body;
    }
    async show(uuid) { return (await this.call('waitlistTicketGet', uuid)).body; }
    wait(uuid) { return this.call('waitlistTicketWait', uuid); }
    release(uuid) { return this.call('waitlistTicketRelease', uuid); }

    async list(server, query) {
        return (await this.get({ path: `/servers/${server}/tickets`, query })).body;
    }
    async headnode() {
        return (await this.call('listServers', { headnode: true })).body[0].uuid;
    }

    close() { this.cnapi.client.close(); }
}

// Runs `work` with a server and a client of its own, whatever comes of it.
async function with_server(options, work) {
    const server = await Server.start(...options);
    const client = new Client(server);
    try {
        await work(server, client);
    } finally {
        client.close();
        await server.remove();
    }
}

// Runs the tests of a file one after another on one server, each with no tickets left.
function suite(tests) {
    test('all', { timeout: 100000 }, (all) => with_server([], async (server, client) => {
        const headnode = await client.headnode();
        for (const [name, run] of Object.entries(tests)) {
            await client.del(`/servers/${headnode}/tickets?force=true`);
            await client.del('/servers/default/tickets?force=true');
            await all.test(name, { timeout: 30000 }, () => run({ client, headnode, server }));
        }
    }));
}

// An instant so many seconds from now, as the client's users write it.
function from_now(seconds) {
    return new Date(Date.now() + seconds * 1000).toISOString();
}

function ticket(id, more) {
    return { scope: 'test', id, expires_at: from_now(60), ...more };
}

const statuses = (tickets) => tickets.map((each) => each.status);
const uuids = (tickets) => tickets.map((each) => each.uuid);

module.exports = { Client, from_now, statuses, suite, ticket, uuids, with_server };
