// A CommonJS package as one script that a page can load, for those that are published without one. Every module
// that `require` names is taken along, in the variant that its package.json has for browsers.
//
//     ((modules) => { … })({ '/…/JsSIP.js': { source: (module, exports, require) => { … }, names: { './UA': '/…/UA.js' } } })

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

/** `global` is the name under which the page finds what the package exports. */
export function pageScript(packageName: string, global: string): string {
  const entry = createRequire(import.meta.url).resolve(packageName);
  const modules = new Map<string, string>();
  take(entry, modules);
  return `globalThis.${global} = (${load})({ ${[...modules.values()].join(',\n')} }, ${JSON.stringify(entry)});\n`;
}

/** In the page: each module runs once, when it is first required. */
const load = `(modules, entry) => {
  const loaded = new Map();
  const run = (file) => {
    if (!loaded.has(file)) {
      const module = { exports: {} };
      loaded.set(file, module);
      modules[file].source(module, module.exports, (name) => run(modules[file].names[name]));
    }
    return loaded.get(file).exports;
  };
  return run(entry);
}`;

function take(file: string, modules: Map<string, string>): void {
  if (modules.has(file)) return;
  modules.set(file, '');
  const text = readFileSync(file, 'utf8');
  const source = file.endsWith('.json') ? `module.exports = ${text}` : text;
  const names: Record<string, string> = {};
  for (const [, name = ''] of file.endsWith('.json') ? [] : source.matchAll(/\brequire\('([^']+)'\)/g)) {
    names[name] = resolve(name, file);
    take(names[name], modules);
  }
  modules.set(
    file,
    `${JSON.stringify(file)}: { names: ${JSON.stringify(names)}, source: (module, exports, require) => {\n${source}\n} }`,
  );
}

function resolve(name: string, from: string): string {
  const { resolve: find } = createRequire(from);
  if (name.startsWith('.')) return find(name);
  // The slash asks for the package where node has a module of that name itself.
  const manifest = find(`${name}/package.json`);
  const { browser } = JSON.parse(readFileSync(manifest, 'utf8')) as { readonly browser?: unknown };
  return typeof browser === 'string' ? path.resolve(path.dirname(manifest), browser) : find(`${name}/`);
}
