// How fast the status page is rendered, and what it weighs on the wire: the page of a provider with twelve components,
// ninety days of each, five graphs over three ranges, an incident and maintenance, with all its incidents' pages.
//
//     node bench/status-page.ts --runs 200

import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { nodeHashing } from '../src/adapters/node-hashing/node-hashing.ts';
import { exampleView } from '../src/status-page/example.ts';
import { renderPage } from '../src/status-page/render.ts';
import { machine, numbers, print, quantile } from './report.ts';

const options = numbers({ runs: { default: 200, max: 10_000 } });

print(machine());
print();
print('one page, compressed      PLAIN    GZIP     BROTLI');
for (const outage of [false, true]) {
  const [page] = renderPage(exampleView({ outage }), nodeHashing);
  const text = String(page?.body);
  const brotli = brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
  const bytes = [Buffer.byteLength(text), gzipSync(text, { level: 9 }).length, brotli.length];
  const [plain, gzip, br] = bytes.map((each) => each.toLocaleString('en').padEnd(9));
  print(`${(outage ? 'during an outage' : 'all is well').padEnd(26)}${plain}${gzip}${br}`);
}
print();

const views = Array.from({ length: 8 }, (_, index) => exampleView({ seed: index + 1 }));
const timesMs: number[] = [];
let files = 0;
for (let run = 0; run <= options.runs; run++) {
  const view = views[run % views.length] ?? exampleView();
  const began = performance.now();
  files = renderPage(view, nodeHashing).length;
  timesMs.push(performance.now() - began);
}
const [cold = 0, ...warm] = timesMs;
print(`milliseconds to render ${files} files, ${options.runs} times`);
const shown = [cold, quantile(warm, 0.5), quantile(warm, 0.99)].map((each) => each.toFixed(1));
print(`the first ${shown[0]}, median ${shown[1]}, 99 of 100 ${shown[2]}`);
