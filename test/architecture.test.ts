// The layers of design and ARCHITECTURE.md, held by a test:
//
//   base ← sip, sdp, rtp ← ports ← capabilities ← calls ← node ← admin ← http, cli ← app ← main
//                                ← adapters (which only app/ imports)
//
// Capabilities are registrar, routing, trunks, locating, trace, shield, fraud, caps and notices.
//
// Each row forbids some imports to some modules and says why. When a row stops you, its reason tells what to do
// instead; to change a row is to change the architecture, and wants a page in docs/decisions/. The last tests
// prove on made-up sources that each row really catches what it forbids.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Module, parseModules, readModules } from './source-tree.ts';

/** Paths ending in `/` mean all below; `npm:` and `node:` alone mean every one of them. */
interface Rule {
  readonly from: readonly string[];
  readonly notFrom?: readonly string[];
  readonly forbid: readonly string[];
  readonly except?: readonly string[];
  readonly because: string;
}

const PROTOCOLS = ['src/sip/', 'src/sdp/', 'src/rtp/'];
const GROUND = ['src/base/', ...PROTOCOLS, 'src/ports/'];
const CAPABILITIES = [
  'src/registrar/',
  'src/routing/',
  'src/trunks/',
  'src/locating/',
  'src/trace/',
  'src/shield/',
  'src/fraud/',
  'src/caps/',
  'src/ivr/',
  'src/mailboxes/',
  'src/notices/',
  'src/texting/',
  'src/readiness/',
  'src/subscriptions/',
  'src/watch/',
  'src/series/',
  'src/incidents/',
  'src/status-page/',
];
const CORE = [...GROUND, ...CAPABILITIES, 'src/calls/', 'src/node/'];
const SURFACES = ['src/http/', 'src/cli/'];
const LAYERS = [...CORE, 'src/admin/', ...SURFACES, 'src/adapters/', 'src/app/', 'src/main.ts'];

const modules = readModules();
const product = modules.filter((module) => module.path.startsWith('src/') && !isTest(module.path));
const adapters = [
  ...new Set(product.flatMap((module) => module.path.match(/^src\/adapters\/[^/]+\//)?.[0] ?? [])),
];

/** `folder` may import what is listed and itself, nothing else of src/. */
function only(folder: string, mayImport: readonly string[], because: string): Rule {
  return { from: [folder], forbid: ['src/'], except: [folder, ...mayImport], because };
}

const FORBIDDEN_IMPORTS: readonly Rule[] = [
  only('src/base/', [], 'base is the ground under every layer: what it imported, everything would import'),
  ...PROTOCOLS.map((folder) =>
    only(
      folder,
      ['src/base/'],
      'a wire protocol knows no other and no platform: it could be its own package',
    ),
  ),
  only(
    'src/ports/',
    ['src/base/', ...PROTOCOLS],
    'a port says what is needed from outside, not who needs it',
  ),
  ...CAPABILITIES.map((folder) =>
    only(
      folder,
      GROUND,
      'capabilities are siblings: what one needs of another, calls/ or node/ passes to it',
    ),
  ),
  only(
    'src/calls/',
    [...GROUND, ...CAPABILITIES],
    'a call is driven by node/ and knows nothing that is above it',
  ),
  only('src/node/', CORE, 'the core is complete without surfaces, and is driven by a simulation as by app/'),
  only('src/admin/', CORE, 'use-cases are shared by all surfaces, so they know none of them'),
  only(
    'src/http/',
    [...CORE, 'src/admin/'],
    'a surface is a thin skin over admin/, and knows no other surface',
  ),
  only(
    'src/cli/',
    [...CORE, 'src/admin/'],
    'the CLI is a client of the API; main.ts hands it what starts a node',
  ),
  ...adapters.map((folder) =>
    only(
      folder,
      GROUND,
      'an adapter serves its port: it decides nothing, so capabilities are not its business',
    ),
  ),
  {
    from: ['src/'],
    notFrom: ['src/app/', 'src/adapters/'],
    forbid: ['src/adapters/'],
    because: 'only app/ wires adapters: everyone else is given ports, so that a test can give others',
  },
  {
    from: ['src/'],
    notFrom: ['src/main.ts', 'src/app/'],
    forbid: ['src/app/', 'src/main.ts'],
    because: 'app/ is the wiring at the very top: what is needed further down belongs further down',
  },
  {
    from: ['src/'],
    // Which starts the demo carrier, as a program of its own.
    notFrom: ['src/app/demo.ts'],
    forbid: ['test/', 'examples/', 'scripts/', 'bench/'],
    because: 'the product runs without what surrounds it in the repository',
  },
  {
    from: CORE,
    forbid: ['node:'],
    because: 'the core is pure (law 10): clocks, randomness, hashing and sockets come in as arguments',
  },
  {
    from: GROUND,
    forbid: ['npm:'],
    because: 'protocol code has no dependency: each would be code that strangers feed with packets',
  },
  {
    from: CORE,
    notFrom: [...GROUND, 'src/status-page/'],
    forbid: ['npm:'],
    except: ['npm:libphonenumber-js'],
    because:
      'decisions about calls are ours to read; only the numbering plans of the world are data of others',
  },
  {
    from: ['src/status-page/'],
    forbid: ['npm:'],
    except: ['npm:ical-generator'],
    because: 'a reader’s browser shows and runs only what is ours to read; calendars are others’ business',
  },
  {
    from: ['src/'],
    notFrom: ['src/adapters/publish-s3/'],
    forbid: ['npm:aws4fetch'],
    because: 'an object store is one place to publish among others, behind a port',
  },
  {
    from: ['src/'],
    notFrom: ['src/http/'],
    forbid: ['npm:fastify', 'npm:@fastify/', 'npm:fastify-type-provider-zod'],
    because: 'HTTP is one surface: use-cases live in admin/ and know no request or reply',
  },
  {
    from: ['src/'],
    notFrom: ['src/adapters/store-sqlite/'],
    forbid: ['npm:kysely', 'node:sqlite'],
    because: 'SQL stays behind the store port, so that PostgreSQL can take the place of SQLite',
  },
  {
    from: ['src/'],
    notFrom: ['src/adapters/pino-log/'],
    forbid: ['npm:pino'],
    because: 'logs go through the log port, which is where secrets are redacted',
  },
  {
    from: ['src/'],
    notFrom: ['src/adapters/mail-smtp/'],
    forbid: ['npm:nodemailer'],
    because: 'mail goes through the mail port, so that a server may be down for days in a test',
  },
  {
    from: ['src/'],
    notFrom: ['src/adapters/net-dns/'],
    forbid: ['npm:dns-packet', 'node:dns'],
    because:
      'DNS is asked through the resolver port, so that it may hang or lie in a test as on the worst day',
  },
  {
    from: ['src/'],
    notFrom: ['src/cli/', 'src/main.ts'],
    forbid: ['npm:commander'],
    because: 'arguments of the command line are read in one place',
  },
  {
    from: ['src/'],
    notFrom: ['src/adapters/', 'src/app/'],
    forbid: ['node:dgram', 'node:net', 'node:worker_threads'],
    because: 'sockets and threads live in adapters, behind ports',
  },
  {
    from: ['examples/'],
    forbid: ['src/'],
    except: [
      'src/base/',
      ...PROTOCOLS,
      'src/ports/',
      'src/adapters/net-udp/',
      'src/adapters/system-clock/',
      'src/adapters/system-random/',
      'src/adapters/node-hashing/',
    ],
    because: 'the demo carrier stands for the PSTN: it must not share a decision with the node that it calls',
  },
  {
    from: ['test/interop/'],
    forbid: ['src/'],
    except: ['src/base/'],
    because: 'interop tests meet the node as strangers do: a shared misunderstanding would prove nothing',
  },
];

/** Globals by which time, randomness and the machine leak into code that must be given them. */
const FORBIDDEN_NAMES: readonly (Omit<Rule, 'forbid' | 'except'> & { readonly names: readonly string[] })[] =
  [
    {
      from: CORE,
      names: ['Date', 'performance', 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask'],
      because: 'time is an argument: `now` comes in, deadlines go out (law 10)',
    },
    {
      from: CORE,
      names: ['Math.random', 'crypto'],
      because: 'randomness and hashing are arguments: a simulation must be able to seed them (law 10)',
    },
    {
      from: CORE,
      names: ['process', 'globalThis', 'fetch'],
      because: 'the core knows no machine: what it needs is given to it, what it does is data (law 10)',
    },
    {
      from: ['src/'],
      notFrom: ['src/app/config/'],
      names: ['process.env'],
      because: 'environment variables are read in app/config only, where they can be listed and checked',
    },
  ];

interface Violation {
  readonly rule: { readonly because: string };
  readonly text: string;
}

function isTest(file: string): boolean {
  return file.endsWith('.test.ts') || file.endsWith('.contract.ts');
}

function within(target: string, prefixes: readonly string[]): boolean {
  return prefixes.some((prefix) =>
    prefix.endsWith('/') || prefix.endsWith(':') ? target.startsWith(prefix) : target === prefix,
  );
}

function importViolations(all: readonly Module[], rules: readonly Rule[]): readonly Violation[] {
  const found: Violation[] = [];
  for (const module of all) {
    if (isTest(module.path) && module.path.startsWith('src/')) continue;
    for (const rule of rules) {
      if (!within(module.path, rule.from) || within(module.path, rule.notFrom ?? [])) continue;
      for (const { target, line } of module.imports) {
        if (within(target, rule.forbid) && !within(target, rule.except ?? [])) {
          found.push({ rule, text: `${module.path}:${line} imports ${target}, but ${rule.because}` });
        }
      }
    }
  }
  return found;
}

function nameViolations(all: readonly Module[]): readonly Violation[] {
  const found: Violation[] = [];
  for (const module of all) {
    if (isTest(module.path)) continue;
    for (const rule of FORBIDDEN_NAMES) {
      if (!within(module.path, rule.from) || within(module.path, rule.notFrom ?? [])) continue;
      for (const { name, line } of module.names) {
        if (rule.names.includes(name)) {
          found.push({ rule, text: `${module.path}:${line} uses ${name}, but ${rule.because}` });
        }
      }
    }
  }
  return found;
}

/** Import cycles as lists of paths, each found once. Types count: a reader follows them as well. */
function cycles(all: readonly Module[]): readonly string[] {
  const byPath = new Map(all.map((module) => [module.path, module]));
  const state = new Map<string, 'open' | 'done'>();
  const trail: string[] = [];
  const found: string[] = [];
  const visit = (file: string): void => {
    if (state.get(file) === 'open') found.push([...trail.slice(trail.indexOf(file)), file].join(' → '));
    if (state.has(file)) return;
    state.set(file, 'open');
    trail.push(file);
    for (const { target } of byPath.get(file)?.imports ?? []) if (byPath.has(target)) visit(target);
    trail.pop();
    state.set(file, 'done');
  };
  for (const module of all) visit(module.path);
  return found;
}

function texts(violations: readonly Violation[]): readonly string[] {
  return violations.map((violation) => violation.text);
}

describe('the architecture', () => {
  test('every folder of src/ has its place among the layers', () => {
    const strangers = product.filter((module) => !within(module.path, LAYERS)).map((module) => module.path);
    assert.deepEqual(strangers, [], 'say where it belongs, in this file and in ARCHITECTURE.md');
  });

  test('no module imports what its layer forbids', () => {
    assert.deepEqual(texts(importViolations(modules, FORBIDDEN_IMPORTS)), []);
  });

  test('no pure module reads a clock, randomness or the machine by itself', () => {
    assert.deepEqual(texts(nameViolations(modules)), []);
  });

  test('no modules import each other in a circle', () => {
    assert.deepEqual(cycles(modules), []);
  });

  test('no module re-exports another wholesale', () => {
    const wildcards = modules.flatMap((module) =>
      module.imports.filter((one) => one.wildcard).map((one) => `${module.path}:${one.line} → ${one.target}`),
    );
    assert.deepEqual(wildcards, [], 'name what is exported: a reader must find where a thing comes from');
  });

  test('no module imports a file of tests', () => {
    const importers = modules.flatMap((module) =>
      module.imports.filter((one) => one.target.endsWith('.test.ts')).map(() => module.path),
    );
    assert.deepEqual(importers, []);
  });
});

describe('the rules of the architecture, tried on made-up sources', () => {
  const probe = (folder: string): string => (folder.endsWith('/') ? `${folder}probe.ts` : folder);
  const specifierOf = (target: string): string => {
    if (target.startsWith('npm:'))
      return `${target.slice(4) || 'anything'}${target.endsWith('/') ? 'part' : ''}`;
    if (target.startsWith('node:')) return target === 'node:' ? 'node:fs' : target;
    return `/${target}`;
  };

  for (const rule of FORBIDDEN_IMPORTS) {
    test(`an import is caught from ${rule.from.join(' ')} of ${rule.forbid.join(' ')}`, () => {
      const from = rule.from.filter((folder) => !within(probe(folder), rule.notFrom ?? []));
      for (const folder of from.map((one) => (one === 'src/' ? 'src/elsewhere/' : one))) {
        for (const forbidden of rule.forbid) {
          const target = forbidden === 'src/' ? 'src/elsewhere/victim.ts' : probe(forbidden);
          const made = parseModules({
            [probe(folder)]: `import '${relative(specifierOf(target), folder)}';\n`,
          });
          const caught = importViolations(made, FORBIDDEN_IMPORTS).map((violation) => violation.rule);
          assert.ok(caught.includes(rule), `${folder} importing ${target}`);
        }
      }
    });
  }

  const relative = (specifier: string, from: string): string =>
    specifier.startsWith('/')
      ? `${'../'.repeat(from.split('/').length - 1)}${specifier.slice(1)}`
      : specifier;

  test('all ways to import are seen: types, re-exports, import() and workers', () => {
    for (const text of [
      `import type { A } from '../app/start.ts';`,
      `export { a } from '../app/start.ts';`,
      `type A = import('../app/start.ts').A;`,
      `const a = await import('../app/start.ts');`,
      `const a = new URL('../app/start.ts', import.meta.url);`,
    ]) {
      const caught = importViolations(parseModules({ 'src/calls/probe.ts': `${text}\n` }), FORBIDDEN_IMPORTS);
      assert.ok(caught.length > 0, text);
    }
  });

  test('an allowed import is let through, and words in comments and strings are not imports', () => {
    const made = parseModules({
      'src/calls/probe.ts': [
        `// import '../app/start.ts'`,
        `import { a } from '../sip/a.ts';`,
        `export const b = "import '../app/start.ts'" + a;`,
      ].join('\n'),
      'src/app/probe.ts': `import '../adapters/net-udp/udp.ts';\nimport 'node:fs';\n`,
    });
    assert.deepEqual(texts(importViolations(made, FORBIDDEN_IMPORTS)), []);
  });

  test('clocks, randomness and the machine are caught in the core, and only as globals', () => {
    const caught = (text: string): number =>
      nameViolations(parseModules({ 'src/calls/probe.ts': text })).length;
    for (const text of ['Date.now()', 'new Date()', 'Math.random()', 'setTimeout(f, 1)', 'process.exit()']) {
      assert.ok(caught(`${text};\n`) > 0, text);
    }
    assert.equal(
      caught(`// Date\nconst a = 'process';\nx.process = { Date: Math.max(1, 2) };\nnew Date(a);\n`),
      0,
    );
  });

  test('an environment variable read outside app/config is caught', () => {
    const made = parseModules({
      'src/http/probe.ts': 'export const a = process.env["A"];\n',
      'src/app/config/probe.ts': 'export const a = process.env["A"];\n',
    });
    assert.deepEqual(
      nameViolations(made).map((violation) => violation.text.split(' ')[0]),
      ['src/http/probe.ts:1'],
    );
  });

  test('a circle of three modules is caught, once', () => {
    const made = parseModules({
      'src/base/a.ts': `import './b.ts';\n`,
      'src/base/b.ts': `import type { C } from './c.ts';\n`,
      'src/base/c.ts': `import './a.ts';\n`,
    });
    assert.deepEqual(cycles(made), ['src/base/a.ts → src/base/b.ts → src/base/c.ts → src/base/a.ts']);
  });

  test('a wildcard re-export is told from a named one', () => {
    const [module] = parseModules({
      'src/base/a.ts': `export * from './b.ts';\nexport * as c from './c.ts';\nexport { d } from './d.ts';\n`,
    });
    assert.deepEqual(
      module?.imports.map((one) => one.wildcard),
      [true, true, false],
    );
  });
});
