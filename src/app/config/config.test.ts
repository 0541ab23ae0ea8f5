// What operators write in ringthrough.yaml, and what they are told when it is wrong.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { z } from 'zod';
import { present } from '../../base/assert.ts';
import { RingthroughError } from '../../base/errors.ts';
import { readEnvironment } from './environment.ts';
import { loadConfig, parseConfig } from './load.ts';
import { configFile } from './schema.ts';

const context = {
  file: 'my.yaml',
  folder: '/etc/ringthrough',
  readSecret: (path: string) => {
    if (path === '/etc/ringthrough/carrier.password') return 'let me out\n';
    throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
  },
};

function parse(yaml: string) {
  return parseConfig(yaml, context);
}

function mistakesIn(yaml: string): readonly string[] {
  try {
    parse(yaml);
  } catch (error) {
    assert(error instanceof RingthroughError && error.code === 'CONFIG_INVALID');
    return error.message.split('\n');
  }
  return assert.fail('the configuration was taken');
}

describe('a strict listener', () => {
  test('is so alone: the others take what can be understood', () => {
    const { sip } = parse('sip: { listen: [udp:127.0.0.1:5060, { on: udp:127.0.0.1:5070, strict: true }] }');
    assert.deepEqual(
      sip.listeners.map(({ port, strict }) => [port, strict]),
      [
        [5_060, false],
        [5_070, true],
      ],
    );
  });
});

describe('session timers', () => {
  test('can be shorter or longer than usual', () => {
    const { sip } = parse('sip: { sessionExpires: 10m, minSessionExpires: 2m }');
    assert.deepEqual(sip.sessionTerms, { intervalMs: 600_000, minSeMs: 120_000 });
  });

  test('cannot ask for less than they accept, nor accept nothing', () => {
    assert.match(
      mistakesIn('sip: { sessionExpires: 60s }').join(),
      /sip.sessionExpires: must not be shorter/,
    );
    assert.match(mistakesIn('sip: { minSessionExpires: 500ms }').join(), /must be at least 1s/);
  });
});

describe('a configuration file', () => {
  test('gives what it says, and defaults for the rest', () => {
    const config = parse(`
node:  { name: london-1, data: ./data }
sip:   { domain: Voice.Example.net, listen: [udp:0.0.0.0:5060, tcp:192.0.2.5:5061, 'udp:[::1]:5060'] }
media: { address: 203.0.113.7, ports: 20000-20099, silence: 90s, prompts: ./prompts, language: cy }
http:  { listen: '[::1]:8081' }
`);
    assert.deepEqual(config, {
      node: { name: 'london-1', dataFolder: '/etc/ringthrough/data', country: 'GB', onlyWatches: false },
      sip: {
        domain: 'voice.example.net',
        listeners: [
          {
            transport: 'udp',
            address: '0.0.0.0',
            port: 5060,
            advertised: '203.0.113.7',
            clientCertificates: 'off',
            strict: false,
          },
          {
            transport: 'tcp',
            address: '192.0.2.5',
            port: 5061,
            advertised: '192.0.2.5',
            clientCertificates: 'off',
            strict: false,
          },
          {
            transport: 'udp',
            address: '::1',
            port: 5060,
            advertised: '::1',
            clientCertificates: 'off',
            strict: false,
          },
        ],
        acceptMd5: true,
        webOrigins: ['https://voice.example.net'],
        sessionTerms: { intervalMs: 1_800_000, minSeMs: 90_000 },
      },
      media: {
        addresses: [{ address: '203.0.113.7', advertised: '203.0.113.7' }],
        ports: { from: 20_000, to: 20_099 },
        silenceMs: 90_000,
        prompts: '/etc/ringthrough/prompts',
        language: 'cy',
      },
      http: { listen: { address: '::1', port: 8081 } },
      dns: { servers: [], timeoutMs: 2_000 },
      log: { level: 'info' },
      trace: { keepMs: 3_600_000 },
      shield: { kernel: 'auto', interfaces: [], moveDoors: false },
      incidents: {
        components: [],
        resolveAfterMs: 300_000,
        degradedAfterMs: 120_000,
        advice: '',
        templates: [],
        remindersMs: [259_200_000, 3_600_000],
        timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
      },
      control: { numbers: [], controlCode: '*98', mailboxCode: '*97' },
      trunks: [],
    });
  });

  test('has TLS with the files that it names, and asks clients as each listener says', () => {
    const { sip, tls } = parse(`
sip:
  listen:
    - udp:127.0.0.1:5060
    - tls:127.0.0.1:5061
    - { on: tls:127.0.0.1:5071, clientCertificates: require }
    - wss:127.0.0.1:8443
    - { on: wss:127.0.0.1:8444, clientCertificates: require }
tls: { certificate: tls/fullchain.pem, key: /etc/ssl/key.pem, ca: carriers.pem, clientCertificates: ask }
`);
    assert.deepEqual(tls, {
      certificate: '/etc/ringthrough/tls/fullchain.pem',
      key: '/etc/ssl/key.pem',
      authorities: ['/etc/ringthrough/carriers.pem'],
    });
    const asked = sip.listeners.map(({ clientCertificates }) => clientCertificates);
    // A browser that is asked has its person choose one, so those are not asked for the carriers' sake.
    assert.deepEqual(asked, ['off', 'ask', 'require', 'off', 'require']);
  });

  test('a trunk over TLS has port 5061, and the names that its certificates may have', () => {
    const [trunk] = parse(`
sip: { listen: tls:127.0.0.1:5061 }
tls: { certificate: c.pem, key: k.pem }
trunks:
  - name: a
    address: 198.51.100.7
    transport: tls
    tls: { certificateDomain: SIP.a.example, clientDomains: sbc.a.example }`).trunks;
    assert.deepEqual(trunk?.target, { host: '198.51.100.7', port: 5061, transport: 'tls' });
    assert.deepEqual(trunk?.tls, { domain: 'sip.a.example', verify: true, clientDomains: ['sbc.a.example'] });
  });

  test('a trunk over TLS needs a listener, and one answer to whether a name is verified', () => {
    const told = mistakesIn(`
trunks:
  - { name: a, address: sip.a.example, transport: tls }
  - { name: b, address: sip.a.example, transport: tls, tls: { verify: false } }
  - { name: c, address: sip.c.example, transport: udp, tls: { certificateDomain: 'no name' } }`);
    assert.deepEqual(told, [
      'my.yaml: line 3, trunks[0].transport: needs a tls listener in sip.listen, such as tls:0.0.0.0:5061',
      'my.yaml: line 4, trunks[1].transport: needs a tls listener in sip.listen, such as tls:0.0.0.0:5061',
      'my.yaml: line 4, trunks[1].tls.verify: another trunk has verify: true for sip.a.example; give both the same',
      'my.yaml: line 5, trunks[2].tls: stands beside transport: udp, which has no certificates; give transport: tls',
      'my.yaml: line 5, trunks[2].tls.certificateDomain: expected a name as certificates have it, such as sip.carrier.example',
    ]);
  });

  test('says what a TLS listener lacks, and what none but TLS can do', () => {
    assert.match(
      mistakesIn('sip: { listen: tls:127.0.0.1:5061 }').join(),
      /tls: is missing: sip\.listen has tls:127\.0\.0\.1:5061, so give certificate and key; `ringthrough certificate create`/,
    );
    const [mistake] = mistakesIn(`
sip: { listen: [{ on: tcp:127.0.0.1:5060, clientCertificates: ask }] }`);
    assert.match(mistake ?? '', /line 2, sip\.listen\[0\]\.clientCertificates: is for tls and wss only/);
  });

  test('tells others the address of their own family', () => {
    const { sip } = parse(`
sip:
  domain: voice.example.net
  listen: [udp:0.0.0.0:5060, 'udp:[::]:5060']
  advertise: [203.0.113.7, 2001:db8::7]
media: { address: 0.0.0.0, advertise: 203.0.113.8 }
`);
    assert.deepEqual(
      sip.listeners.map(({ advertised }) => advertised),
      ['203.0.113.7', '2001:db8::7'],
    );
  });

  test('takes audio over IPv4 and IPv6, each told to its own family', () => {
    const { media, sip } = parse(`
sip: { domain: voice.example.net, listen: ['udp:0.0.0.0:5060', 'udp:[::]:5060'] }
media: { address: [0.0.0.0, 2001:db8::7], advertise: 203.0.113.8 }
`);
    assert.deepEqual(media.addresses, [
      { address: '0.0.0.0', advertised: '203.0.113.8' },
      { address: '2001:db8::7', advertised: '2001:db8::7' },
    ]);
    assert.deepEqual(
      sip.listeners.map(({ advertised }) => advertised),
      ['203.0.113.8', '2001:db8::7'],
    );
  });

  test('gives a trunk that registers with the password from a file', () => {
    const { trunks } = parse(`
trunks:
  - name: carrier-b
    address: '[2001:db8::7]'
    transport: tcp
    from: 198.51.100.0/24
    outbound: true
    user: example
    passwordFile: carrier.password
    register: true
    country: IE
    numberFormat: e164-without-plus
`);
    assert.deepEqual(trunks, [
      {
        name: 'carrier-b',
        target: { host: '2001:db8::7', port: 5060, transport: 'tcp' },
        from: ['198.51.100.0/24'],
        inbound: true,
        outbound: true,
        order: 1,
        weight: 1,
        credentials: { user: 'example', password: 'let me out' },
        register: { registrar: '[2001:db8::7]', expiresMs: 300_000 },
        country: 'IE',
        numberFormat: 'e164-without-plus',
        callsMax: 100,
      },
    ]);
  });

  test('looks up what of a trunk neither an address nor a port settles', () => {
    const tls = 'sip: { listen: tls:127.0.0.1:5061 }\ntls: { certificate: c.pem, key: k.pem }';
    const targetOf = (words: string) => parse(`${tls}\ntrunks: [{ name: a, ${words} }]`).trunks[0]?.target;
    assert.deepEqual(targetOf('address: sip.a.example'), { host: 'sip.a.example' });
    assert.deepEqual(targetOf('address: sip.a.example, transport: tcp'), {
      host: 'sip.a.example',
      transport: 'tcp',
    });
    assert.deepEqual(targetOf('address: "sip.a.example:5062"'), {
      host: 'sip.a.example',
      port: 5062,
      transport: 'udp',
    });
    assert.deepEqual(targetOf('address: 198.51.100.7, transport: tls'), {
      host: '198.51.100.7',
      port: 5061,
      transport: 'tls',
    });
    assert.deepEqual(targetOf('address: 198.51.100.7'), {
      host: '198.51.100.7',
      port: 5060,
      transport: 'udp',
    });
  });

  test('asks the DNS servers that it names, at port 53 unless it says another', () => {
    const { dns } = parse('dns: { servers: [192.0.2.53, "[2001:db8::53]:5353"], timeout: 500ms }');
    assert.deepEqual(dns, {
      servers: [
        { address: '192.0.2.53', port: 53 },
        { address: '2001:db8::53', port: 5353 },
      ],
      timeoutMs: 500,
    });
    assert.deepEqual(parse('').dns, { servers: [], timeoutMs: 2_000 });
  });

  test('never lets a trunk spend money unless it says so', () => {
    const [trunk] = parse('trunks: [{ name: a, address: sip.a.example }]').trunks;
    assert.equal(trunk?.outbound, false);
  });
});

describe('pages that may connect over WebSockets', () => {
  const originsOf = (written: string) =>
    parse(`sip: { listen: 'ws:127.0.0.1:8088', webOrigins: ${written} }`).sip.webOrigins;

  test('are named by their origin, as browsers write it', () => {
    assert.deepEqual(originsOf('https://Portal.Example.net:443/'), ['https://portal.example.net']);
    assert.deepEqual(originsOf("['http://localhost:3000', '*']"), ['http://localhost:3000', '*']);
  });

  test('are no addresses of anything else', () => {
    for (const written of [
      'portal.example.net',
      'wss://portal.example.net',
      'https://portal.example.net/app',
    ])
      assert.deepEqual(mistakesIn(`sip: { webOrigins: '${written}' }`), [
        'my.yaml: line 1, sip.webOrigins: expected the origin of a page, such as https://portal.example.net, or * for every page',
      ]);
  });
});

describe('mistakes in a configuration file', () => {
  const cases: readonly { title: string; yaml: string; told: readonly string[] }[] = [
    {
      title: 'a mistyped key is named with the likely one',
      yaml: 'trunks:\n  - name: a\n    address: sip.a.example\n    outbond: true\nsips: {}',
      told: [
        'my.yaml: line 4, trunks[0].outbond: unknown key; did you mean "outbound"?',
        'my.yaml: line 5, sips: unknown key; did you mean "sip"?',
      ],
    },
    {
      title: 'a key unlike any other is answered with those that there are',
      yaml: 'node: { colour: red }',
      told: [
        'my.yaml: line 1, node.colour: unknown key; known here: name, data, country, probeAccounts, roles',
      ],
    },
    {
      title: 'a DNS server is an address, and is not waited for too long',
      yaml: 'dns: { servers: ns.example, timeout: 1m }',
      told: [
        'my.yaml: line 1, dns.servers: expected an address, such as 192.0.2.53 or 192.0.2.53:53',
        'my.yaml: line 1, dns.timeout: must lie between 100ms and 5s',
      ],
    },
    {
      title: 'broken YAML is told with its line',
      yaml: 'node:\n  name: "a\nsip: {}',
      told: ['my.yaml: line 3: is not YAML here: Missing closing "quote'],
    },
    {
      title: 'listening on every address needs to know what to call itself',
      yaml: 'sip: { domain: voice.example.net, listen: udp:0.0.0.0:5060 }\nmedia: { address: 0.0.0.0 }',
      told: [
        'my.yaml: line 1, sip.advertise: is needed because sip.listen has 0.0.0.0: the address at which phones and carriers reach this node',
        'my.yaml: line 2, media.advertise: is needed because media.address is 0.0.0.0: the address that phones send audio to',
      ],
    },
    {
      title: 'a node that others reach needs a domain and an address for audio',
      yaml: 'sip: { listen: [udp:192.0.2.5:5060] }',
      told: [
        'my.yaml: line 1, sip.domain: is missing: the name that phones register to, such as voice.example.net',
        'my.yaml: media.address: is missing: the address of this machine that audio goes through',
      ],
    },
    {
      title: 'a listener is shown how it is written',
      yaml: 'sip:\n  listen:\n    - 127.0.0.1:5060\n    - udp:localhost:5060\n    - tcp:127.0.0.1:5060\n    - tcp:127.0.0.1:5060',
      told: [
        'my.yaml: line 3, sip.listen[0]: expected transport:address:port, such as udp:0.0.0.0:5060 or tcp:[::1]:5060',
        'my.yaml: line 4, sip.listen[1]: "localhost" is not an IP address; expected transport:address:port, such as udp:0.0.0.0:5060 or tcp:[::1]:5060',
        'my.yaml: line 6, sip.listen[3]: is there twice',
      ],
    },
    {
      title: 'audio has one address of each family at the most',
      yaml: 'media: { address: [127.0.0.1, 127.0.0.2] }',
      told: ['my.yaml: line 1, media.address: expected one address, or one IPv4 and one IPv6 address'],
    },
    {
      title: 'ports must have room for a call',
      yaml: 'media: { ports: 29999-30000 }',
      told: ['my.yaml: line 1, media.ports: has no room for the two legs of a call, which take four ports'],
    },
    {
      title: 'ports below 1024 are refused',
      yaml: 'media: { ports: 80-90 }',
      told: ['my.yaml: line 1, media.ports: must lie between 1024 and 65535'],
    },
    {
      title: 'a trunk that lacks something hears of all of it',
      yaml: `trunks:
  - { name: a, address: 'sip:foo', from: 300.1.1.1, inbound: false }
  - { name: a, address: b.example, register: { expires: 5s }, passwordFile: nope }`,
      told: [
        'my.yaml: line 2, trunks[0]: carries no calls: set inbound or outbound to true',
        'my.yaml: line 2, trunks[0].address: expected a host, or host:port, such as sip.carrier.example or 198.51.100.7:5060',
        'my.yaml: line 2, trunks[0].from: "300.1.1.1" is neither an IP address nor a CIDR range; expected such as 198.51.100.7 or 198.51.100.0/24',
        'my.yaml: line 3, trunks[1].name: there is another trunk "a"',
        'my.yaml: line 3, trunks[1].passwordFile: /etc/ringthrough/nope cannot be read (ENOENT)',
        'my.yaml: line 3, trunks[1].user: is missing: there is a password, but for whom?',
        'my.yaml: line 3, trunks[1].register: needs user and password',
        'my.yaml: line 3, trunks[1].register.expires: must be at least 60s',
      ],
    },
    {
      title: 'text that looks like a number is told to be put in quotes',
      yaml: 'sip: { domain: 8080 }',
      told: ['my.yaml: line 1, sip.domain: expected text; put it in quotes'],
    },
  ];
  for (const { title, yaml, told } of cases) {
    test(title, () => assert.deepEqual(mistakesIn(yaml), told));
  }
});

describe('loading the configuration', () => {
  test('without a file it is the demo on loopback', () => {
    const config = loadConfig(undefined, { dataFolder: '/tmp/elsewhere' });
    assert.equal(config.demo, true);
    assert.equal(config.file, undefined);
    assert.equal(config.node.dataFolder, '/tmp/elsewhere');
    assert.deepEqual(
      config.sip.listeners.map(({ address }) => address),
      ['127.0.0.1', '127.0.0.1'],
    );
    assert.equal(config.trunks[0]?.note, 'demo carrier, stands for the PSTN');
  });

  test('relative paths count from the folder of the file', () => {
    const folder = mkdtempSync(join(tmpdir(), 'ringthrough-config-'));
    const file = join(folder, 'ringthrough.yaml');
    writeFileSync(file, 'node: { data: records }');
    const config = loadConfig(file);
    assert.equal(config.demo, false);
    assert.equal(config.file, file);
    assert.equal(config.node.dataFolder, join(folder, 'records'));
  });

  test('a file that is not there is one clear line', () => {
    assert.throws(() => loadConfig('/nowhere/at-all.yaml'), {
      code: 'CONFIG_UNREADABLE',
      message: '/nowhere/at-all.yaml does not exist; give another with --config',
    });
  });
});

test('the environment is read by name, and empty variables count as unset', () => {
  assert.deepEqual(
    readEnvironment({ RINGTHROUGH_CONFIG: '/etc/r.yaml', RINGTHROUGH_LOG: 'loud', NO_COLOR: '' }),
    {
      configFile: '/etc/r.yaml',
      plain: false,
    },
  );
  assert.deepEqual(readEnvironment({ RINGTHROUGH_LOG: 'debug', RINGTHROUGH_TOKEN: 't', NO_COLOR: '1' }), {
    logLevel: 'debug',
    token: 't',
    plain: true,
  });
});

describe('docs/configuration.md', () => {
  const docs = readFileSync(new URL('../../../docs/configuration.md', import.meta.url), 'utf8');

  test('lists exactly the keys that the schema takes', () => {
    const listed = [...docs.matchAll(/^\| `([a-z][\w.[\]]*)` \|/gm)].map(([, key]) => key);
    assert.deepEqual(listed.toSorted(), keysOf(configFile).toSorted());
  });

  test('lists exactly the environment variables that are read', () => {
    const source = readFileSync(new URL('./environment.ts', import.meta.url), 'utf8');
    const read = [...source.matchAll(/given\('(\w+)'\)/g)].map(([, name]) => name);
    const listed = [...docs.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, name]) => name);
    assert.deepEqual(listed.toSorted(), read.toSorted());
  });

  test('shows an example that is taken', () => {
    const example = present(/```yaml\n([\s\S]*?)```/.exec(docs)?.[1], 'example').replace(
      '-b.password',
      '.password',
    );
    assert.equal(parse(example).trunks.length, 2);
  });
});

/** `sip.listen`, `trunks[].name`, … of a schema made of sections. A key that is itself a section is not listed. */
function keysOf(schema: z.core.$ZodType, path = ''): readonly string[] {
  if (schema instanceof z.ZodOptional) return keysOf(schema.unwrap(), path);
  if (schema instanceof z.ZodArray)
    return schema.element instanceof z.ZodObject ? keysOf(schema.element, `${path}[]`) : [path];
  if (schema instanceof z.ZodUnion) {
    return [...new Set(schema.options.flatMap((option) => [path, ...keysOf(option, path)]))];
  }
  if (!(schema instanceof z.ZodObject)) return [path];
  const shape: Readonly<Record<string, z.core.$ZodType>> = schema.shape;
  return Object.entries(shape).flatMap(([key, value]) => keysOf(value, path === '' ? key : `${path}.${key}`));
}
