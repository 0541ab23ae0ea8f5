// The one script of the page, which makes it tell its age in the reader's browser. Without it all is there to read,
// and nothing is green. With it:
//
//   fresh   a response of the site says what time it is (`Date`, and `Age` from a cache), and by that time the page is
//           young enough: states are told in the present tense, and what works is green
//   stale   too old by then, or for want of any answer by the reader's clock, or open for so long without a newer
//           one: said loudly, and every mark is grey
//   else    as without script: what was true at the time of the page
//
// Every 30 s, and when the reader comes back to it, it asks status.json whether there is a newer page, and puts that
// into the place of this one: without losing where the reader was. A page that cannot be had ages, whatever status.json
// says; and time that was once heard of does not go back, as it would by a cache that repeats an old answer.

/**
 * In the order of its parts: time, what is shown, what is asked. Terse, for each reader loads it, and in the JavaScript
 * of 2018, which phones that get no newer system read, too: on those `visibilitychange` does not bubble up to a window.
 */
const SOURCE = `
(d=>{
const h=d.documentElement,s=h.dataset,$=q=>d.querySelector(q),all=(q,e)=>[...(e||d).querySelectorAll(q)],
title=d.title,icon=$('link[rel=icon]'),grey=icon.href;
let skew,told,born,failed,said,busy,next;
const tick=()=>performance.now(),
now=()=>Math.max(Date.now()+skew,told+tick()),
span=n=>{const [c,u]=n<3600?[n/60,'minute']:n<172800?[n/3600,'hour']:[n/86400,'day'],i=Math.floor(c);
return i+' '+u+(i==1?'':'s')},
local=()=>{
born=tick();
for(const e of all('time'))try{
const t=new Date(e.dateTime),f=(o,z)=>t.toLocaleString([],{timeZone:z,...o}),
c={hour:'2-digit',minute:'2-digit',hourCycle:'h23'},w={weekday:'short'};
if(e.title||!/T/.test(e.dateTime)||f(c)==f(c,s.zone))continue;
e.title=(f(w)==f(w,s.zone)?'':f(w)+' ')+f(c)+' your time';
if(e.closest('.hero')){const y=d.createElement('span');y.className='you';y.textContent=' ('+e.title+')';e.after(y)}
}catch{}},
show=()=>{
const known=skew!==undefined,open=tick()-born,
age=known?now()-s.at:failed?Math.max(Date.now()-s.at,open):open,
old=age>s.max,fresh=known&&!old&&age>-6e4,n=age/1e3,l=$('h1'),lead=l.dataset.now,was=l.was||(l.was=l.textContent),
line=fresh&&lead||was,now1=old?'This page is old. What it shows may no longer be true.':fresh&&lead;
h.className=fresh?'fresh':old?'stale':'';
if(l.textContent!=line)l.textContent=line;
if(old)$('.old').textContent='This page is '+span(n)+' old. What it shows may no longer be true.';
$('#age').textContent=fresh?n<60?', less than a minute ago':', '+span(n)+' ago':'';
icon.href=fresh?grey.replace('gray',encodeURIComponent(s.icon)):grey;
d.title=old?'Old: '+title:fresh&&lead?lead+' – '+title:title;
if(now1){if(said&&said!=now1)$('#live').textContent=now1;said=now1}},
ask=u=>{const c=new AbortController;setTimeout(()=>c.abort(),1e4);return fetch(u,{cache:'no-store',signal:c.signal})},
swap=async()=>{
const r=await ask(location.href),n=new DOMParser().parseFromString(await r.text(),'text/html'),
e=n.documentElement.dataset,m=$('main'),w=n.querySelector('#main');
if(!r.ok||!w||+e.at<=s.at)return;
if(all('style,script').some((x,i)=>x.textContent!=(all('style,script',n)[i]||n).textContent))
return tick()>2e4&&location.reload();
const key=x=>x.id||x.href||x.textContent,a=m.contains(d.activeElement)&&key(d.activeElement),
open=all('details[open]>summary',m).map(key),on=all(':checked',m).map(key);
m.replaceWith(w);Object.assign(s,e);
for(const x of all('summary',w))x.parentNode.open=open.includes(key(x));
for(const x of all('input',w))if(on.includes(key(x)))x.checked=true;
if(a)(all('a,input,summary',w).find(x=>key(x)==a)||w).focus({preventScroll:true});
local()},
poll=async()=>{
if(busy)return;
busy=1;clearTimeout(next);let wait=5e3;
try{
const b=Date.now(),r=await ask(s.root+'status.json?'+b),
t=Date.parse(r.headers.get('date'))+1e3*(r.headers.get('age')||0),a=Date.now();
if(t!=t)throw t;
skew=t<b-5e3||t>a+5e3?t-b:0;told=Math.max(told||0,a+skew-tick());wait=3e4;
const j=r.ok&&await r.json();
if(j&&new Date(j.at)-s.at>500&&(getSelection().isCollapsed||now()-s.at>s.max/2))await swap()
}catch{failed=1}
busy=0;show();next=setTimeout(poll,wait)};
local();show();poll();setInterval(show,2e3);
for(const e of ['pageshow','online','visibilitychange'])
addEventListener(e,v=>{show();v.persisted===false||d.hidden||poll()},true)
})(document)
`;

export const SCRIPT = SOURCE.trim().replaceAll(';\n', ';').replaceAll(',\n', ',').replaceAll('{\n', '{');
