// The status page of a real node, as others meet it: fetched from its own listener, by rsync from Debian, in an object
// store that checks signatures; its feeds, calendar and API read by libraries that are not ours. One target is dead,
// and delays no other.

import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { describe, test } from 'node:test';
import { parseFeed } from '@rowanmanning/feed-parser';
import ICAL from 'ical.js';
import { RingthroughNode } from './node.ts';
import { createRig, freePorts, HOST, type Rig, until } from './rig.ts';

interface StandIn {
  run(): Promise<unknown>;
  close(): Promise<void>;
}
const S3rver: new (options: object) => StandIn = createRequire(import.meta.url)('@20minutes/s3rver');

const WITHIN_MS = 15_000;
const FILES = [
  'index.html',
  'status.json',
  'badge.svg',
  'feed.atom',
  'feed.rss',
  'maintenance.ics',
  'api/v2/summary.json',
];

/** Debian's rsync as a daemon, with a module that may be written. */
async function rsyncDaemon(rig: Rig) {
  const port = await freePorts();
  const folder = path.join(rig.folder, 'mirror');
  mkdirSync(folder);
  writeFileSync(path.join(folder, 'robots.txt'), 'of the web server’s own');
  const secrets = path.join(rig.folder, 'rsyncd.secrets');
  writeFileSync(secrets, 'ringthrough:over-the-hills\n', { mode: 0o600 });
  const configuration = path.join(rig.folder, 'rsyncd.conf');
  const lines = [
    `address = ${HOST}`,
    `port = ${port}`,
    'use chroot = false',
    `pid file = ${path.join(rig.folder, 'rsyncd.pid')}`,
    '[status]',
    `path = ${folder}`,
    'read only = false',
    'auth users = ringthrough',
    `secrets file = ${secrets}`,
    ...(process.getuid?.() === 0 ? ['uid = root', 'gid = root'] : []),
  ];
  writeFileSync(configuration, `${lines.join('\n')}\n`);
  rig.run('rsync daemon', 'rsync', [
    '--daemon',
    '--no-detach',
    `--config=${configuration}`,
    '--log-file=/dev/stderr',
  ]);
  const passwordFile = path.join(rig.folder, 'rsync.password');
  writeFileSync(passwordFile, 'over-the-hills\n', { mode: 0o600 });
  return {
    folder,
    push: `{ rsync: { to: "rsync://ringthrough@${HOST}:${port}/status/", passwordFile: ${passwordFile} } }`,
  };
}

/** Stands for ssh and the host at its other end: notes what it was asked, and does it here. */
function overSsh(rig: Rig) {
  const [folder, bin] = [path.join(rig.folder, 'ssh-mirror'), path.join(rig.folder, 'bin')];
  mkdirSync(folder);
  mkdirSync(bin);
  const asked = path.join(rig.folder, 'ssh-asked');
  const lines = [
    '#!/bin/sh',
    `echo "$@" >> ${asked}`,
    `while [ "$1" != ${HOST} ]; do shift; done`,
    'shift; exec "$@"',
  ];
  writeFileSync(path.join(bin, 'ssh'), `${lines.join('\n')}\n`);
  chmodSync(path.join(bin, 'ssh'), 0o755);
  process.env['PATH'] = `${bin}:${process.env['PATH']}`;
  const push = `{ rsync: { to: "status@${HOST}:${folder}/", key: ./page.key, knownHosts: ./page.hosts, port: 2222 } }`;
  return { folder, push, asked: () => readFileSync(asked, 'utf8') };
}

async function store(rig: Rig) {
  const port = await freePorts();
  const directory = path.join(rig.folder, 's3');
  const server = new S3rver({
    address: HOST,
    port,
    silent: true,
    directory,
    configureBuckets: [{ name: 'status' }],
  });
  await server.run();
  rig.onEnd(() => server.close());
  const endpoint = `http://${HOST}:${port}`;
  const push = `{ s3: { endpoint: "${endpoint}", bucket: status, prefix: page/, accessKey: S3RVER, secretKey: S3RVER } }`;
  return { get: (name: string) => fetch(`${endpoint}/status/page/${name}`), push };
}

/** By libraries that are not ours, in the shapes that they know. */
async function readAsOthersDo(get: (name: string) => Promise<Response>): Promise<void> {
  const summary = (await (await get('api/v2/summary.json')).json()) as {
    page: { name: string };
    components: readonly { name: string; group: boolean }[];
  };
  assert.equal(summary.page.name, 'Example Telecom');
  assert.deepEqual(
    summary.components.map(({ name }) => name),
    ['Telephone', 'Inbound calls'],
  );
  for (const name of ['feed.atom', 'feed.rss']) {
    assert.equal(parseFeed(await (await get(name)).text()).title, 'Example Telecom: status');
  }
  const calendar = new ICAL.Component(ICAL.parse(await (await get('maintenance.ics')).text()));
  assert.equal(calendar.getFirstPropertyValue('x-wr-calname'), 'Example Telecom: maintenance');
}

/** As an operator does. */
async function announce(node: RingthroughNode): Promise<void> {
  const components = [{ name: 'Inbound calls', state: 'partial-outage' }];
  await node.api('POST', '/incidents', { title: 'Carrier & cable', text: 'A <cable> is cut.', components });
  await node.api('POST', '/maintenance', {
    title: 'New switch',
    text: 'Calls may take longer.',
    components: ['Inbound calls'],
    from: new Date(Date.now() + 86_400_000).toISOString(),
    until: new Date(Date.now() + 90_000_000).toISOString(),
  });
}

async function readAnnounced(get: (name: string) => Promise<Response>): Promise<void> {
  const read = async (name: string) => (await get(name)).text();
  await until('the calendar to have it', WITHIN_MS, async () => {
    const calendar = new ICAL.Component(ICAL.parse(await read('maintenance.ics')));
    const [event] = calendar.getAllSubcomponents('vevent');
    return event?.getFirstPropertyValue('summary') === 'New switch' || undefined;
  });
  for (const name of ['feed.atom', 'feed.rss']) {
    const { items } = parseFeed(await read(name));
    const incident = items.find(({ title }) => title?.endsWith(': Carrier & cable'));
    assert.match(incident?.id ?? '', /^https:\/\/status\.example\.net\/incidents\/\d{8}-1\/$/, name);
    assert.match(incident?.content ?? incident?.description ?? '', /A &#60;cable&#62; is cut\./, name);
    const address = new URL(incident?.url ?? '').pathname.slice(1);
    assert.match(await read(address), /A &lt;cable&gt; is cut\./, 'its permanent address leads to it');
    assert.ok(
      items.some(({ title }) => title === 'Maintenance, scheduled: New switch'),
      name,
    );
  }
}

describe('the status page', () => {
  test('is served, mirrored and stored, and a dead target delays none of it', async (t) => {
    const rig = createRig(t);
    const [mirror, ssh, bucket, listen, nobody] = [
      await rsyncDaemon(rig),
      overSsh(rig),
      await store(rig),
      await freePorts(),
      await freePorts(),
    ];
    const folder = path.join(rig.folder, 'site');
    const dead = `{ rsync: { to: "rsync://${HOST}:${nobody}/status/" } }`;
    const node = await RingthroughNode.start(rig, {
      provisioning: 'accounts: []',
      more: [
        `watch: { probes: [{ name: listener, tcp: "${HOST}:${listen}" }] }`,
        'status:',
        '  components: [{ name: Inbound calls, group: Telephone, probes: [listener] }]',
        `  page: { name: Example Telecom, url: "https://status.example.net/", listen: "${HOST}:${listen}",`,
        `    timeZone: Europe/London, folder: ${folder}, push: [${[dead, mirror.push, ssh.push, bucket.push].join(', ')}] }`,
      ],
    });
    const get = (name: string) => fetch(`http://${HOST}:${listen}/${name}`);

    await until('everything is everywhere', WITHIN_MS, async () => {
      const folders = [folder, mirror.folder, ssh.folder];
      const isThere = folders.every((one) => existsSync(path.join(one, 'status.json')));
      return (isThere && (await bucket.get('status.json')).ok) || undefined;
    });
    for (const name of FILES) {
      const served = await get(name);
      assert.equal(served.status, 200, name);
      const text = await served.text();
      assert.ok(text.length > 20, name);
      for (const where of [folder, mirror.folder, ssh.folder])
        assert.ok(existsSync(path.join(where, name)), `${name} in ${where}`);
      assert.equal((await bucket.get(name)).status, 200, name);
    }
    assert.ok(existsSync(path.join(mirror.folder, 'robots.txt')), 'what is not ours stays');
    assert.match(readFileSync(path.join(mirror.folder, 'index.html'), 'utf8'), /Inbound calls/);
    for (const copy of ['br', 'gz'])
      assert.ok(existsSync(path.join(folder, `api/v2/summary.json.${copy}`)), copy);

    const sshOptions = ssh.asked();
    for (const words of [
      '-o BatchMode=yes',
      '-o StrictHostKeyChecking=yes',
      '/node/page.key',
      '/node/page.hosts',
      '-p 2222',
    ])
      assert.ok(sshOptions.includes(words), `${words} in ${sshOptions}`);

    await readAsOthersDo(get);
    await announce(node);
    await until('what is announced is on the page at once', WITHIN_MS, async () => {
      const { state } = (await (await get('status.json')).json()) as { state: string };
      const mirrored = readFileSync(path.join(mirror.folder, 'api/v2/summary.json'), 'utf8');
      return (state === 'partial-outage' && mirrored.includes('partial_outage')) || undefined;
    });
    await readAnnounced(get);

    const { page } = (await node.api('GET', '/status')) as {
      page: { targets: readonly { name: string; succeededAt?: string; failing?: string }[] };
    };
    const [, failing] = page.targets;
    assert.match(failing?.failing ?? '', /rsync: .*(refused|111)/);
    assert.equal(page.targets.filter(({ succeededAt }) => succeededAt !== undefined).length, 4);
  });
});
