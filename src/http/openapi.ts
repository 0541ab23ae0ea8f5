// The OpenAPI document, and the page at /docs that shows it, all from the routes' own schemas. Everything is
// served by this node: the documentation must open on the day when the network is gone.

import fastifySwagger, { type SwaggerTransformObject } from '@fastify/swagger';
import fastifySwaggerUi from '@fastify/swagger-ui';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import type { App } from './app.ts';

/** What is touched here of a document, which is an OpenAPI 3.1 one. */
interface OpenApiDocument {
  readonly components?: { readonly schemas?: Readonly<Record<string, unknown>> };
}

const INFO = {
  title: 'Ringthrough',
  description:
    'Records, live calls and the ledger of one node. To try something here, authorize with the token in ' +
    '`api.token` of the data folder. Errors are RFC 9457 problem documents with a stable code; times are ' +
    'RFC 3339.',
};

/** In the order in which the page shows them. */
const TAGS = [
  { name: 'accounts', description: 'customers with all that they own' },
  { name: 'phones', description: 'who registers, from where, and whether they answer' },
  { name: 'numbers', description: 'with their plans' },
  { name: 'plans and diverts', description: 'where calls go' },
  { name: 'voicemail', description: 'messages that callers left' },
  { name: 'sounds', description: 'what announcements and menus of accounts say' },
  { name: 'series', description: 'what graphs are drawn from' },
  { name: 'notices', description: 'e-mails and text messages that wait' },
  { name: 'readiness', description: 'How ready numbers are for the loss of their site' },
  { name: 'provisioning', description: 'many changes at once, from a file' },
  { name: 'ledger', description: 'what became of every attempt' },
  { name: 'calls', description: 'in progress' },
  { name: 'test calls', description: 'what a caller would hear' },
  { name: 'trace', description: 'SIP messages, as they come and as they were' },
  { name: 'trunks', description: 'connections to carriers, and their health' },
  { name: 'shield', description: 'what floods and overload are met with' },
  { name: 'status', description: 'what probes say of the service' },
  { name: 'incidents', description: 'what people say of the service, and maintenance that is announced' },
  { name: 'watch', description: 'for machines; no token needed' },
];

/** The page offers to load other documents, under another's name; ours is all that there is. */
const WITHOUT_TOP_BAR = '.swagger-ui .topbar { display: none }';

export async function addDocumentation(app: App, version: string): Promise<void> {
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: { ...INFO, version },
      tags: TAGS,
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
      security: [{ token: [] }],
    },
    transform: jsonSchemaTransform,
    transformObject: tidied,
  });
  await app.register(fastifySwaggerUi, {
    routePrefix: '/docs',
    uiConfig: { validatorUrl: null, persistAuthorization: true, docExpansion: 'list' },
    theme: { title: 'Ringthrough API', css: [{ filename: 'ringthrough.css', content: WITHOUT_TOP_BAR }] },
    staticCSP:
      "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'",
  });
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
  app.get('/', { schema: { hide: true } }, async (_request, reply) => reply.redirect('/docs'));
}

/**
 * The transform names each schema twice, `Phone` for answers and `PhoneInput` for requests, used or not. Here
 * the unused ones go, and a pair that says the same, or has lost one half, is called by its plain name.
 */
const tidied: SwaggerTransformObject = (input) => {
  const document = jsonSchemaTransformObject(input) as OpenApiDocument;
  const schemas: Record<string, unknown> = { ...document.components?.schemas };
  let text = JSON.stringify({ ...document, components: undefined });
  const used = reachable(text, schemas);
  let kept = JSON.stringify(Object.fromEntries(Object.entries(schemas).filter(([name]) => used.has(name))));
  for (const name of used) {
    const plain = name.replace(/Input$/, '');
    if (plain === name || (used.has(plain) && !same(schemas[plain], schemas[name]))) continue;
    text = text.replaceAll(reference(name), reference(plain));
    kept = kept.replaceAll(reference(name), reference(plain)).replace(`"${name}":{`, `"${plain}":{`);
  }
  const components = { ...document.components, schemas: JSON.parse(kept) };
  return { ...JSON.parse(text), components };
};

function reference(name: string): string {
  return `"#/components/schemas/${name}"`;
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Names that the text refers to, and what those refer to in turn. */
function reachable(text: string, schemas: Readonly<Record<string, unknown>>): ReadonlySet<string> {
  const found = new Set<string>();
  const look = (json: string) => {
    for (const [, name = ''] of json.matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      if (found.has(name)) continue;
      found.add(name);
      look(JSON.stringify(schemas[name] ?? null));
    }
  };
  look(text);
  return found;
}
