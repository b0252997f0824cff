// Colours, type and the frame of the page. Both themes keep a contrast of 4.5 : 1 for text.

export const baseCss: string = `
:root {
  --back: #0d1117; --panel: #151b23; --raised: #1d2530; --line: #262f3b; --text: #e2e8f0; --quiet: #93a1b3;
  --accent: #4cb5f9; --good: #3fcf8e; --warn: #f0b13c; --attack: #ff6b6b; --mark: #ff6b6b38; --focus: #8fd0ff;
  --series-1: #ff7b72; --series-2: #f0b13c; --series-3: #a58bfa; --series-4: #3fcf8e; --series-5: #f78fc4; --series-other: #6b7a8d;
  --mono: ui-monospace, "SF Mono", "DejaVu Sans Mono", Menlo, Consolas, monospace;
  color-scheme: dark;
}
:root[data-theme="light"] {
  --back: #f3f5f8; --panel: #ffffff; --raised: #eef2f7; --line: #dde3eb; --text: #17202b; --quiet: #566476;
  --accent: #0b6fc2; --good: #0f7f50; --warn: #976000; --attack: #c62a2a; --mark: #c62a2a2b; --focus: #0b6fc2;
  --series-1: #d1453b; --series-2: #b97708; --series-3: #6d4fd8; --series-4: #17905b; --series-5: #c23a86; --series-other: #7c8a9b;
  color-scheme: light;
}
* { box-sizing: border-box; margin: 0; }
html { font: 14px/1.45 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; background: var(--back); color: var(--text); }
body { min-height: 100vh; }
h1 { font-size: 17px; font-weight: 500; letter-spacing: .01em; }
h1 b { color: var(--accent); font-weight: 700; }
h2 { font-size: 15px; font-weight: 650; }
h3 { font-size: 12px; font-weight: 600; color: var(--quiet); text-transform: uppercase; letter-spacing: .05em; }
code, pre, kbd, time { font-family: var(--mono); font-size: 12.5px; }
ol, ul { list-style: none; padding: 0; }
button, input, select { font: inherit; color: inherit; }
button { cursor: pointer; background: none; border: 0; text-align: inherit; }
:focus-visible { outline: 2px solid var(--focus); outline-offset: 1px; border-radius: 5px; }
::selection { background: var(--mark); }
.quiet, .about { color: var(--quiet); }
.empty { color: var(--quiet); padding: 8px 0; }
.fault { color: var(--attack); padding: 8px 0; }
.skip { position: absolute; left: -9999px; }
.skip:focus { left: 12px; top: 8px; background: var(--panel); padding: 6px 10px; z-index: 5; }
.top { display: flex; align-items: center; gap: 14px; padding: 10px 20px; border-bottom: 1px solid var(--line); background: var(--panel); position: sticky; top: 0; z-index: 2; }
.top nav { margin-left: auto; display: flex; gap: 6px; }
.about { font-size: 12.5px; }
.live-state { font-size: 12px; color: var(--good); display: inline-flex; align-items: center; gap: 6px; }
.live-state::before { content: ""; width: 8px; height: 8px; border-radius: 50%; background: currentColor; animation: pulse 2s infinite; }
.live-state.off { color: var(--warn); }
@keyframes pulse { 50% { opacity: .35; } }
@media (prefers-reduced-motion: reduce) { * { animation: none !important; transition: none !important; } }
main { padding: 16px 20px 60px; display: grid; gap: 18px; max-width: 1680px; margin: 0 auto; }
main > section { display: grid; gap: 10px; min-width: 0; }
main > .charts { gap: 10px; }
.panel { background: var(--panel); border: 1px solid var(--line); border-radius: 8px; padding: 10px 12px; }
.plain, .choice, .chip, .newer, .more { border: 1px solid var(--line); border-radius: 6px; padding: 3px 10px; font-size: 12.5px; background: var(--panel); }
.plain:hover, .choice:hover, .chip:hover, .newer:hover, .more:hover { background: var(--raised); }
.choice[aria-pressed="true"] { border-color: var(--accent); color: var(--accent); background: var(--raised); }
.primary { background: var(--accent); color: var(--back); border-radius: 6px; padding: 4px 14px; font-weight: 600; }
.section-head { display: flex; align-items: center; flex-wrap: wrap; gap: 10px; min-height: 30px; }
.choices { display: flex; gap: 4px; margin-left: auto; }
.notice { position: fixed; bottom: 18px; left: 50%; transform: translateX(-50%); background: var(--text); color: var(--back); border-radius: 8px; padding: 7px 16px; font-size: 13px; opacity: 0; transition: opacity .2s; pointer-events: none; z-index: 9; }
.notice.shown { opacity: 1; }
.login { display: grid; place-items: center; }
.login form { display: grid; gap: 12px; width: 320px; padding: 24px; }
.login input, #search, select { background: var(--back); border: 1px solid var(--line); border-radius: 6px; padding: 5px 10px; }
.login button { text-align: center; padding: 7px; }
`
