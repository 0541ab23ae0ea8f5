// The look of the page. Two rules stand above taste:
//
// - Nothing is green until the reader's browser has found that the page is fresh (`html.fresh`, set by script.ts). So
//   green is a variable that is grey until then, and a page without script, or on a dead server, has none.
// - No state is told by its colour alone: marks have shapes, bars have heights, and words say the rest.
//
// Contrasts are at least 4.5 : 1 for text and 3 : 1 for what must be told apart (WCAG 2.2, 1.4.3 and 1.4.11).

import { isGreen, readableOn } from './colour.ts';

interface Palette {
  readonly ground: string;
  readonly card: string;
  readonly text: string;
  readonly quiet: string;
  readonly line: string;
  /** Of marks and bars that say nothing. */
  readonly neutral: string;
  readonly ok: string;
  readonly degraded: string;
  readonly down: string;
  readonly maintenance: string;
}

export const LIGHT: Palette = {
  ground: '#f6f7f8',
  card: '#ffffff',
  text: '#16191d',
  quiet: '#59616b',
  line: '#dfe3e7',
  neutral: '#828b95',
  ok: '#17864f',
  degraded: '#b86a00',
  down: '#cc2d2d',
  maintenance: '#2b6cc4',
};

export const DARK: Palette = {
  ground: '#0e1114',
  card: '#171b20',
  text: '#e9ecef',
  quiet: '#a1aab4',
  line: '#2a3138',
  neutral: '#7b8590',
  ok: '#37b277',
  degraded: '#e2a336',
  down: '#ff6a5f',
  maintenance: '#6ea8f7',
};

const ACCENT = '#2457c5';
/** More than must be, for some grounds are tinted a little. */
const ACCENT_CONTRAST = 5.2;

/** The whole sheet. `accent`: the operator's colour, `#rrggbb`. */
export function style(accent: string = ACCENT): string {
  const tell = isGreen(accent);
  const light = readableOn(accent, [LIGHT.ground, LIGHT.card], ACCENT_CONTRAST);
  const dark = readableOn(accent, [DARK.ground, DARK.card], ACCENT_CONTRAST);
  return [
    `:root{color-scheme:light dark;${variables(LIGHT, tell ? LIGHT.text : light)}}`,
    `.fresh{--ok:${LIGHT.ok};--tick:${LIGHT.card};--accent:${light}}`,
    `@media(prefers-color-scheme:dark){:root{${variables(DARK, tell ? DARK.text : dark)}}`,
    `.fresh{--ok:${DARK.ok};--tick:${DARK.card};--accent:${dark}}}`,
    `.stale{--down:var(--neutral);--degraded:var(--neutral);--maintenance:var(--neutral)}.stale .g{--accent:var(--neutral)}`,
    SHEET.replace(/\n\s*/g, ''),
  ].join('');
}

function variables(palette: Palette, accent: string): string {
  const { ground, card, text, quiet, line, neutral, degraded, down, maintenance } = palette;
  const named = { ground, card, text, quiet, line, neutral, degraded, down, maintenance };
  const pairs = Object.entries(named).map(([name, colour]) => `--${name}:${colour}`);
  return [...pairs, '--ok:var(--neutral)', `--tick:transparent`, `--accent:${accent}`].join(';');
}

const SHEET = `
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--text);
  font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;
  overflow-wrap:break-word;-webkit-text-size-adjust:100%}
h1,h2,h3,h4,p,ul,ol,dl,dd,figure{margin:0;padding:0}
ul,ol{list-style:none}
a{color:var(--accent);text-underline-offset:.2em;text-decoration-thickness:1px}
a:hover{text-decoration-thickness:2px}
:focus-visible{outline:3px solid var(--accent);outline-offset:3px;border-radius:4px}
.sr,.skip:not(:focus){position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
svg.none{display:none}
.skip{position:absolute;left:1rem;top:.5rem;padding:.5rem 1rem;background:var(--card)}
header,main,footer{max-width:62rem;margin:auto;padding:0 1.25rem}
header{display:flex;flex-wrap:wrap;align-items:center;gap:.25rem 1.5rem;padding-top:1.25rem;padding-bottom:1.25rem}
.brand{display:flex;align-items:center;gap:.75rem;font-weight:650;font-size:1.125rem;margin-right:auto;min-height:2rem;
  color:inherit;text-decoration:none}
.brand img{height:2rem;width:auto;max-width:11rem}
header nav{display:flex;flex-wrap:wrap;gap:0 1.25rem}
nav a{padding:.25rem 0;white-space:nowrap}
nav a,h3 a,.list a{text-decoration:none}
nav a:hover,h3 a:hover,.list a:hover{text-decoration:underline}
h2{font-size:1.25rem;line-height:1.3;font-weight:650;letter-spacing:-.01em;margin:2.75rem 0 .75rem}
h3{font-size:1rem;font-weight:650}
.quiet,.age,time+.you{color:var(--quiet)}
small,.small{font-size:.875rem}
.card{background:var(--card);border:1px solid var(--line);border-radius:.75rem}
.mark{width:1.25rem;height:1.25rem;flex:none;color:var(--ok)}
.degraded{--c:var(--degraded)}.maintenance{--c:var(--maintenance)}.unknown{--c:var(--neutral)}
.partial-outage,.major-outage{--c:var(--down)}.operational{--c:var(--ok)}
.mark{color:var(--c)}
.mark use{--k:var(--card)}
.operational .mark use{--k:var(--tick)}
.hero{display:grid;grid-template-columns:auto 1fr;gap:0 1.25rem;padding:1.75rem;border-top:4px solid var(--c);
  background:color-mix(in srgb,var(--c) 6%,var(--card))}
.hero>.mark{width:2.75rem;height:2.75rem}
.hero>div{min-width:0}
h1{font-size:clamp(1.5rem,1.1rem + 2vw,2.125rem);line-height:1.2;font-weight:700;letter-spacing:-.02em;
  text-wrap:balance}
.hero p{margin-top:.5rem;max-width:44rem}
.hero .age{margin-top:1rem;font-size:.875rem}
.old{display:none}
.stale .old{display:block;margin-bottom:1rem;padding:1rem 1.25rem;border:3px solid var(--text);border-radius:.75rem;
  background:var(--card);font-size:1.25rem;font-weight:700}
.event{padding:1.25rem 1.75rem;border-left:4px solid var(--c);margin-top:.75rem}
.event h3{font-size:1.125rem;line-height:1.35}
.event .quiet{margin-top:.125rem}
.told>li{margin-top:.875rem;padding-left:1rem;border-left:2px solid var(--line)}
.told p+p{margin-top:.5rem}
.told b+time{margin-left:.5rem;color:var(--quiet);font-size:.875rem}
.by{color:var(--quiet);font-size:.875rem}
.group{padding:0 1.75rem;margin-top:.75rem}
.group>h3{padding:.875rem 0 .375rem;font-size:.8125rem;letter-spacing:.04em;color:var(--quiet);font-weight:600}
.group li{display:grid;grid-template-columns:1.25rem minmax(0,1fr) 22.5rem 4.75rem 9.25rem;
  grid-template-areas:"mark name days up state";align-items:center;gap:0 .75rem;padding:.625rem 0;
  border-top:1px solid var(--line)}
.group h4{grid-area:name;font-size:1rem;font-weight:550;hyphens:auto;unicode-bidi:plaintext;text-align:left}
.sr+ul>li:first-child{border:0}
.group .mark{grid-area:mark}
.state{grid-area:state;text-align:right;line-height:1.25}
.state small,.state .then{display:block}
.state b{font-weight:600;color:var(--text)}
.fresh .then{display:none}
.up{grid-area:up;text-align:right;font-variant-numeric:tabular-nums;color:var(--quiet);font-size:.875rem}
.days{grid-area:days;display:block;width:100%;height:2rem}
.days path{fill:none;stroke-width:.75}
.days .u{stroke:var(--ok);stroke-width:24;stroke-dasharray:.75 .25}
.o{stroke:var(--down)}.w{stroke:var(--degraded)}.m{stroke:var(--maintenance)}.x{stroke:var(--neutral)}
.key{display:flex;flex-wrap:wrap;gap:.25rem 1.5rem;margin-top:.75rem;color:var(--quiet);font-size:.875rem}
.key li:first-child{width:100%}
.key svg{width:.5rem;height:1.25rem;vertical-align:-.3rem;margin-right:.5rem}
.key svg *{fill:none;stroke-width:6}.key .u{stroke:var(--ok)}
details{margin-top:.75rem}
summary{cursor:pointer;color:var(--accent);padding:.25rem 0;width:fit-content}
.scroll{overflow-x:auto;margin-top:.5rem;padding:.25rem 1.25rem}
table{border-collapse:collapse;width:100%;font-size:.875rem;font-variant-numeric:tabular-nums}
caption{text-align:left;font-weight:650;padding:.75rem 0 .25rem}
th,td{text-align:right;padding:.375rem 0 .375rem 1rem;border-top:1px solid var(--line);font-weight:400}
th:first-child,table .l{text-align:left;padding-left:0}
thead th{color:var(--quiet);border:0}
.range{border:0;padding:0;margin:0 0 .75rem;display:flex;flex-wrap:wrap;gap:.5rem}
.range legend{float:left;padding:.25rem .5rem .25rem 0;color:var(--quiet)}
.range input{position:absolute;opacity:0;width:1px;height:1px}
.range label{padding:.25rem .875rem;border:1px solid var(--neutral);border-radius:2rem;cursor:pointer}
.range input:checked+label{background:var(--text);border-color:var(--text);color:var(--card)}
.range input:focus-visible+label{outline:3px solid var(--accent);outline-offset:2px}
.graphs{display:grid;grid-template-columns:1fr 1fr;gap:.75rem}
figure{padding:1.25rem 1.25rem .75rem;min-width:0}
figcaption{display:grid;grid-template-columns:1fr auto;gap:0 1rem;align-items:baseline;margin-bottom:.5rem}
figcaption b{font-size:1.25rem;font-weight:650;letter-spacing:-.01em;white-space:nowrap}
figcaption p{grid-column:1/-1;color:var(--quiet);font-size:.875rem;line-height:1.4}
figure:first-child{grid-column:1/-1;display:grid;grid-template-columns:1fr 1.25fr;gap:1.5rem}
figure:first-child figcaption{display:flex;flex-direction:column;gap:.5rem;margin:0}
figure:first-child b{font-size:2.5rem;line-height:1;order:-1}
.g{display:block;width:100%;max-width:30rem;height:auto;overflow:visible}
.g text{font-size:12px;fill:var(--quiet)}
.g path{fill:none;vector-effect:non-scaling-stroke}
.r{stroke:var(--line)}
.g .l{stroke:var(--accent);stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
.g .a{fill:var(--accent);opacity:.1}
@supports selector(:has(a)){
  section:has(#r24h:checked) .g:not(.g24h),section:has(#r7d:checked) .g:not(.g7d),
  section:has(#r90d:checked) .g:not(.g90d){display:none}
}
.list{padding:0 1.75rem;margin-bottom:.75rem}
.list li{display:grid;grid-template-columns:minmax(0,1fr) auto;gap:0 1rem;padding:.75rem 0;
  border-top:1px solid var(--line)}
.list li:first-child{border:0}
.list a{padding:.125rem 0}
.list .quiet{font-size:.875rem}
main>.age{margin-top:.5rem;font-size:.875rem}
section+.age{margin-top:1.5rem}
.facts{display:grid;grid-template-columns:auto 1fr;gap:.375rem 1.25rem;padding:1.25rem 1.75rem;margin-top:1rem}
.facts dt{color:var(--quiet)}
.story{padding:1.25rem 1.75rem}
.story p+p{margin-top:.75rem}
.story .told>li:first-child{margin-top:0}
footer{margin-top:3rem;padding-top:1.5rem;padding-bottom:3rem;color:var(--quiet);font-size:.875rem}
footer nav{display:flex;flex-wrap:wrap;gap:0 1.25rem;margin-bottom:.75rem}
footer p{max-width:44rem;margin-top:.375rem}
@media(max-width:52rem){
  .group li{grid-template-columns:1.25rem minmax(0,1fr) fit-content(7.5rem);
    grid-template-areas:"mark name state" ". up state" "days days days";gap:0 .625rem;align-items:start}
  .group .mark,.state{margin-top:.125rem}
  .up{text-align:left}
  .days{margin-top:.375rem}
  .g text{font-size:15px}
  .graphs{grid-template-columns:1fr}
  figure:first-child{display:block}
  figure:first-child figcaption{margin-bottom:.75rem}
  .group,.list,.event,.story,.facts{padding-left:1.125rem;padding-right:1.125rem}
  .hero{padding:1.25rem 1.125rem;gap:0 .875rem}
  .hero>.mark{width:2rem;height:2rem}
}
@media(min-width:52.01rem){figure:first-child .g text{font-size:10px}}
@media(max-width:30rem){
  header,main,footer{padding-left:.875rem;padding-right:.875rem}
  .list li{grid-template-columns:minmax(0,1fr)}
  figcaption b{white-space:normal;text-align:right}
  .hero{display:block}
  .hero>.mark{margin-bottom:.5rem}
  .range{gap:.375rem}.range legend{width:100%;padding-top:0}.range label{padding:.25rem .625rem}
  .facts{grid-template-columns:1fr;gap:0}.facts dd{margin-bottom:.5rem}
}
@media(prefers-reduced-motion:no-preference){
  .fresh .mark,.fresh .hero{transition:color .3s,border-color .3s}
}
@media(forced-colors:active){
  .mark,.days path,.key path,.g path,.range input:checked+label{forced-color-adjust:none}
  :root{--card:Canvas;--text:CanvasText;--quiet:CanvasText;--neutral:CanvasText;--line:ButtonBorder;--ok:CanvasText;
    --down:CanvasText;--degraded:CanvasText;--maintenance:CanvasText;--accent:LinkText;--tick:Canvas}
  .u{opacity:.4}
  .range input:checked+label{background:Highlight;color:HighlightText;border-color:Highlight}
}
@media print{
  :root{--ground:#fff;--card:#fff;--text:#000;--quiet:#444}
  header nav,footer nav,#follow,.range,.skip,summary,#age{display:none}
  h2,h3{break-after:avoid}
  .event,figure,.group li,tr{break-inside:avoid}
  figure>div{display:flex}
  .g{display:block!important;flex:1;min-width:0}
  .g text{font-size:15px!important}
  details::details-content{content-visibility:visible}
}
`;
