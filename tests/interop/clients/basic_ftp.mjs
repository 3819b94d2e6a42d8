// Drives basic-ftp: reads {way, steps} as JSON from stdin, writes one outcome for each step as JSON to stdout.
// NODE_MODULES names the folder in which the package stands.
import { createRequire } from "node:module";
import { createReadStream } from "node:fs";
import { Transform } from "node:stream";

const { Client } = createRequire(`${process.env.NODE_MODULES}/`)("basic-ftp");
const BEFORE_ABORT = 256 * 1024;

async function connect(way) {
    const client = new Client(60_000);
    const version = `TLSv${way.version}`;
    await client.access({
        host: way.host,
        port: way.port,
        user: way.user,
        password: way.password,
        secure: { clear: false, explicit: true, implicit: "implicit" }[way.entrance],
        secureOptions: { ca: way.ca, minVersion: version, maxVersion: version },
    });
    return client;
}

// An operation is aborted by closing the client, as its documentation says; then a new session is needed.
async function abort(session, way, begin) {
    const enough = new Promise((resolve) => (session.enough = resolve));
    const transfer = begin().then(() => "complete", (error) => error.message);
    await Promise.race([enough, transfer]);
    session.client.close();
    const text = await transfer;
    session.client = await connect(way);
    return text;
}

// Passes bytes on at a few MiB/s, so that an abort meets a transfer that is running, and tells the session when it does.
function slowly(session) {
    let passed = 0;
    return new Transform({
        transform(chunk, _, done) {
            passed += chunk.length;
            if (passed >= BEFORE_ABORT) session.enough();
            setTimeout(() => done(null, chunk), 10);
        },
    });
}

function slowSink(session) {
    const sink = slowly(session);
    sink.resume();
    return sink;
}

const VERBS = {
    Upload: ({ client }, step) => client.uploadFrom(step.local, step.remote),
    Append: ({ client }, step) => client.appendFrom(step.local, step.remote),
    Download: ({ client }, step) => client.downloadTo(step.local, step.remote),
    Resume: ({ client }, step) => client.downloadTo(step.local, step.remote, step.offset),
    List: ({ client }, step) => listing(client, "LIST", step.folder),
    Nlst: ({ client }, step) => listing(client, "NLST", step.name),
    AbortDownload: (session, step, way) => abort(session, way, () => session.client.downloadTo(slowSink(session), step.remote)),
    AbortUpload: (session, step, way) => abort(session, way, () => session.client.uploadFrom(createReadStream(step.local).pipe(slowly(session)), step.remote)),
};

async function listing(client, verb, path) {
    client.availableListCommands = [verb];
    const entries = await client.list(path);
    return entries.map((entry) => entry.name).join("\n");
}

async function perform(session, step, way) {
    try {
        const result = await VERBS[step.verb](session, step, way);
        return { is_done: true, text: typeof result === "string" ? result : result?.message ?? "" };
    } catch (error) {
        return { is_done: false, text: `${error.name}: ${error.message}` };
    }
}

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const { way, steps } = JSON.parse(Buffer.concat(chunks).toString());
const session = { client: await connect(way) };
const outcomes = [];
for (const step of steps) outcomes.push(await perform(session, step, way));
session.client.close();
process.stdout.write(JSON.stringify(outcomes));
