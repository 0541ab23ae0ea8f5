import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { RingthroughError } from '../../base/errors.ts';
import { parseConfig } from './load.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'ringthrough-page-'));
after(() => rmSync(folder, { recursive: true }));

function pageOf(page: string) {
  const yaml = `watch: { probes: [{ name: web, tcp: "192.0.2.1:80" }] }\nstatus: { page: ${page} }\n`;
  const readSecret = () => 'from-the-file\n';
  return parseConfig(yaml, { file: 'my.yaml', folder, readSecret }).page;
}

function mistakesIn(page: string): string {
  try {
    pageOf(page);
  } catch (error) {
    if (error instanceof RingthroughError) return error.message;
    throw error;
  }
  return '';
}

function logo(name: string, text: string | Uint8Array): string {
  writeFileSync(path.join(folder, name), text);
  return `{ name: Example, folder: ./site, logo: ./${name} }`;
}

describe('the status page in the configuration', () => {
  test('has the name that it is given, and times in UTC unless told otherwise', () => {
    assert.deepEqual(pageOf('{ name: Example Telecom, folder: ./site }'), {
      site: {
        name: 'Example Telecom',
        url: undefined,
        homepage: undefined,
        logo: undefined,
        accent: undefined,
        timeZone: 'UTC',
        contact: undefined,
      },
      folder: path.join(folder, 'site'),
      listen: undefined,
      push: [],
    });
  });

  test('knows its own address as a folder, and colours in full', () => {
    const page = pageOf(
      '{ name: A, url: "https://status.example.net", accent: "#0B6", timeZone: Europe/London, listen: 0.0.0.0:8081 }',
    );
    assert.equal(page?.site.url, 'https://status.example.net/');
    assert.equal(page?.site.accent, '#00bb66');
    assert.deepEqual(page?.listen, { address: '0.0.0.0', port: 8_081 });
  });

  test('is served on a port of its own, which the API does not have', () => {
    for (const listen of ['127.0.0.1:8080', '0.0.0.0:8080'])
      assert.match(
        mistakesIn(`{ name: A, listen: "${listen}" }`),
        /status\.page\.listen: is where the API listens \(http\.listen\); give it a port of its own/,
      );
    assert.equal(mistakesIn('{ name: A, listen: "192.0.2.7:8080" }'), '');
  });

  test('goes by ssh with a key of its own, to a daemon with a password, and to a store with a secret', () => {
    const push = [
      '{ rsync: { to: "status@web1.example.net:/srv/status/", key: ./page.key, knownHosts: ./known_hosts, port: 2222 } }',
      '{ rsync: { to: "rsync://status@web2.example.net/status/", passwordFile: ./rsync.secret } }',
      '{ s3: { endpoint: "https://s3.example.net", bucket: status, accessKey: AKIA, secretKeyFile: ./s3.secret } }',
    ];
    assert.deepEqual(pageOf(`{ name: A, push: [${push.join(', ')}] }`)?.push, [
      {
        type: 'rsync',
        destination: 'status@web1.example.net:/srv/status/',
        ssh: {
          key: path.join(folder, 'page.key'),
          knownHosts: path.join(folder, 'known_hosts'),
          port: 2_222,
        },
      },
      {
        type: 'rsync',
        destination: 'rsync://status@web2.example.net/status/',
        passwordFile: path.join(folder, 'rsync.secret'),
      },
      {
        type: 's3',
        endpoint: 'https://s3.example.net',
        region: 'us-east-1',
        bucket: 'status',
        prefix: '',
        accessKey: 'AKIA',
        secretKey: 'from-the-file',
      },
    ]);
  });

  test('must be published somewhere, and needs something that is watched', () => {
    assert.match(
      mistakesIn('{ name: A }'),
      /status\.page.*is published nowhere: give at least one of folder/,
    );
    const readSecret = () => '';
    assert.throws(
      () =>
        parseConfig('status: { page: { name: A, folder: ./a } }', { file: 'my.yaml', folder, readSecret }),
      /watch.*is missing/,
    );
  });

  test('tells what is wrong with addresses, colours and zones', () => {
    const told = mistakesIn(
      '{ name: A, folder: ./a, url: "ftp://x", homepage: nowhere, accent: greenish, timeZone: Europe/Lundon, listen: "8081" }',
    );
    for (const words of [
      /url.*expected the address of a page, such as https:\/\/status\.example\.net\//,
      /homepage.*expected the address/,
      /accent.*expected a colour/,
      /timeZone.*there is no time zone "Europe\/Lundon"; did you mean "Europe\/London"\?/,
      /listen.*expected address:port/,
    ])
      assert.match(told, words);
  });

  test('lets nothing near ssh and rsync that they would take for something else', () => {
    for (const to of [
      '-oProxyCommand=x:/srv/',
      'web1:/srv/$(id)/',
      'web1:/srv/a b/',
      'web1; id:/srv/',
      'web1:',
      '/srv/status/',
      'rsync://web1/',
      'rsync://web1/status/;id',
      "web1:/srv/'",
    ]) {
      const told = mistakesIn(`{ name: A, push: [{ rsync: { to: ${JSON.stringify(to)} } }] }`);
      assert.match(told, /rsync\.to.*expected a host and a folder/, to);
    }
    const key = mistakesIn('{ name: A, push: [{ rsync: { to: "web1:/srv/", key: "./my key -o x" } }] }');
    assert.match(key, /key.*has letters that ssh would take apart/);
    const daemon = mistakesIn('{ name: A, push: [{ rsync: { to: "rsync://web1/status", key: ./k } }] }');
    assert.match(daemon, /key.*is for ssh/);
  });

  test('tells a secret that is missing, or would be read by others on its way', () => {
    const s3 = (more: string) => `{ name: A, push: [{ s3: { bucket: status, accessKey: AKIA, ${more} } }] }`;
    assert.match(mistakesIn(s3('endpoint: "https://s3.example.net"')), /secretKey.*is missing/);
    const plain = mistakesIn(s3('endpoint: "http://s3.example.net", secretKey: hush'));
    assert.match(plain, /endpoint.*expected an https address/);
    assert.doesNotMatch(plain, /hush/);
    assert.equal(mistakesIn(s3('endpoint: "http://127.0.0.1:9000", secretKey: hush')), '');
    const both =
      '{ name: A, push: [{ rsync: { to: "web1:/srv/" }, s3: { endpoint: "https://a", bucket: abc, accessKey: a, secretKey: b } }] }';
    assert.match(mistakesIn(both), /push\[0\].*needs exactly one of rsync and s3/);
  });
});

describe('a logo', () => {
  const SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">';

  test('is a picture, as SVG or PNG', () => {
    const drawn = `${SVG}<defs><linearGradient id="g"/></defs><path fill="url(#g)" d="M0 0h9"/><use href="#g"/></svg>`;
    assert.equal(pageOf(logo('good.svg', drawn))?.site.logo?.type, 'image/svg+xml');
    const png = Buffer.from('89504e470d0a1a0a00', 'hex');
    assert.deepEqual(pageOf(logo('good.png', png))?.site.logo, { type: 'image/png', bytes: png });
  });

  test('is refused where it could run or ask for something', () => {
    const bad: Readonly<Record<string, RegExp>> = {
      '<script>1</script>': /a script/,
      '<a href="java&#115;cript:alert(1)"/>': /a script/,
      '<path onload="x()"/>': /an event handler/,
      '<path/onload=x() />': /an event handler/,
      '<image href="https://elsewhere.example/x.png"/>': /a reference to something else/,
      '<image xlink:href=//elsewhere.example/x.png />': /a reference/,
      '<style>@import "//elsewhere.example/x.css"</style>': /a reference/,
      '<style>path{fill:url(https://elsewhere.example/x)}</style>': /a reference/,
      '<foreignObject><p>x</p></foreignObject>': /not a part of a picture/,
      '<set attributeName="href" to="javascript:x"/>': /a script/,
    };
    for (const [inside, words] of Object.entries(bad))
      assert.match(mistakesIn(logo('bad.svg', `${SVG}${inside}</svg>`)), words, inside);
    assert.match(
      mistakesIn(logo('bad.svg', `<!DOCTYPE svg [<!ENTITY a "b">]>${SVG}</svg>`)),
      /neither SVG nor PNG|document type/,
    );
  });

  test('is refused where it is no picture, too large or not there', () => {
    assert.match(mistakesIn(logo('bad.svg', '<html><svg/></html>')), /neither SVG nor PNG/);
    assert.match(mistakesIn(logo('big.svg', `${SVG}${' '.repeat(40_000)}</svg>`)), /40\d{3} bytes, of 32768/);
    assert.match(
      mistakesIn('{ name: A, folder: ./a, logo: ./none.svg }'),
      /none\.svg cannot be read \(ENOENT\)/,
    );
  });
});
