// Tiles, charts, lists, the event drawer.

export const panelCss: string = `
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(170px, 1fr)); gap: 10px; min-height: 68px; }
.tile dt { color: var(--quiet); font-size: 12px; }
.tile dd { margin: 0; white-space: nowrap; }
.tile strong { font-size: 23px; font-weight: 650; font-variant-numeric: tabular-nums; letter-spacing: -.01em; }
.tile span { color: var(--quiet); font-size: 12px; }
.tile.attack strong { color: var(--attack); }
.tile.warn strong { color: var(--warn); }
.tile.good strong { color: var(--good); }
.charts { display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); }
@media (max-width: 1150px) { .charts { grid-template-columns: repeat(2, minmax(0, 1fr)); } }
@media (max-width: 760px) { .charts { grid-template-columns: minmax(0, 1fr); } }
.chart { padding: 9px 8px 4px; min-height: 180px; }
.chart figcaption { font-size: 12.5px; font-weight: 600; padding: 0 4px 4px; }
.chart-box { min-width: 0; }
.uplot { font-family: inherit; }
.uplot .u-legend { text-align: left; font-size: 11.5px; color: var(--quiet); padding-left: 4px; line-height: 1.5; }
.uplot .u-legend tr:first-child { display: none; }
.uplot .u-legend th { font-weight: 400; padding: 0 3px 0 0; }
.uplot .u-legend td { padding: 0 8px 0 0; color: var(--text); font-variant-numeric: tabular-nums; }
.uplot .u-legend .u-marker { width: 9px; height: 9px; border-radius: 2px; }
.uplot .u-legend .u-value { min-width: 38px; }
.timeline { min-height: 130px; min-width: 0; }
.breakdowns { display: grid; grid-template-columns: repeat(4, minmax(0, 1fr)); gap: 10px; }
@media (max-width: 1150px) { .breakdowns { grid-template-columns: repeat(2, minmax(0, 1fr)); } }
@media (max-width: 640px) { .breakdowns { grid-template-columns: minmax(0, 1fr); } }
.breakdown h3 { padding-bottom: 6px; }
.breakdown li { position: relative; border-radius: 4px; overflow: clip; overflow-clip-margin: 3px; }
.breakdown .bar { position: absolute; inset: 1px auto 1px 0; width: var(--share); background: var(--bar, var(--accent)); opacity: .2; border-radius: 4px; }
.breakdown button, .breakdown .others { display: flex; width: 100%; align-items: baseline; gap: 8px; padding: 3px 8px; }
.breakdown button { position: relative; }
.breakdown button:hover { background: var(--raised); }
.breakdown button:hover .name { text-decoration: underline; }
.breakdown button[aria-pressed="true"] { box-shadow: inset 0 0 0 1px var(--accent); border-radius: 4px; }
.breakdown .name { white-space: nowrap; overflow: hidden; text-overflow: ellipsis; flex: 0 1 auto; min-width: 0; }
.breakdown .aside { color: var(--quiet); font-size: 12px; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; flex: 1 2 0; min-width: 0; }
.breakdown .figure { margin-left: auto; font-variant-numeric: tabular-nums; color: var(--quiet); }
.breakdown .others { color: var(--quiet); font-style: italic; }
#search { width: 280px; }
.chips { display: flex; flex-wrap: wrap; gap: 6px; }
.chip span { color: var(--quiet); }
#pause { margin-left: auto; }
.newer { justify-self: center; color: var(--accent); border-color: var(--accent); }
.more { justify-self: center; padding: 6px 18px; }
.newer[hidden], .more[hidden] { display: none; }
.events { padding: 4px; min-height: 60px; }
.event { display: grid; grid-template-columns: 66px 150px minmax(0, 1.5fr) minmax(0, 1.3fr) minmax(0, 1fr) 130px; gap: 12px; width: 100%; padding: 4px 8px; border-radius: 5px; align-items: baseline; font-size: 13px; }
.event > * { white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.event:hover { background: var(--raised); }
.event[aria-disabled] { opacity: .6; cursor: default; }
.event time, .event .client, .event .rule, .event .why span, .event .host { color: var(--quiet); }
.event .request, .event .why code, .event .client { font-family: var(--mono); font-size: 12.5px; }
.event .why code { color: var(--attack); }
.events li.fresh { animation: arrive 1.2s; }
@keyframes arrive { from { background: var(--mark); } }
@media (max-width: 1000px) { .event { grid-template-columns: 62px 120px minmax(0, 1fr); } .event .why, .event .rule, .event .client { display: none; } }
.badge { color: var(--attack); background: var(--mark); border-radius: 5px; padding: 1px 7px; font-size: 12px; justify-self: start; max-width: 100%; }
dialog { color: inherit; background: var(--panel); border: 1px solid var(--line); padding: 0; }
dialog::backdrop { background: #0008; }
.drawer { margin: 0 0 0 auto; height: 100vh; max-height: none; width: min(760px, 100vw); max-width: none; border-width: 0 0 0 1px; }
.drawer-content { height: 100%; overflow-y: auto; padding: 18px 22px 40px; display: grid; gap: 20px; align-content: start; }
.drawer section { display: grid; gap: 8px; min-width: 0; }
.detail-head { display: flex; gap: 12px; align-items: start; }
.detail-head > div { flex: 1; min-width: 0; }
.detail-head h2 { font-size: 18px; padding-bottom: 4px; overflow-wrap: anywhere; }
.drawer pre { background: var(--back); border: 1px solid var(--line); border-radius: 6px; padding: 9px 12px; white-space: pre-wrap; overflow-wrap: anywhere; max-height: 320px; overflow-y: auto; }
mark { background: var(--mark); color: var(--attack); border-radius: 3px; padding: 1px 0; font-weight: 600; }
.facts { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 2px 14px; font-size: 13px; }
.facts dt { color: var(--quiet); }
.facts dd { margin: 0; font-family: var(--mono); font-size: 12.5px; overflow-wrap: anywhere; }
.reasons li { overflow-wrap: anywhere; padding: 2px 0; }
.reasons .value { background: var(--back); border-radius: 4px; padding: 1px 5px; }
.rule-view { display: grid; gap: 8px; border-left: 3px solid var(--line); padding-left: 12px; }
.tags { display: flex; flex-wrap: wrap; gap: 5px; }
.tags li { background: var(--raised); color: var(--quiet); border-radius: 5px; padding: 1px 7px; font-size: 12px; overflow-wrap: anywhere; }
.conditions { list-style: decimal; padding-left: 20px; display: grid; gap: 6px; }
.conditions pre { margin-top: 4px; max-height: 130px; }
.controls { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; }
.exclusion, .exclusion-output, .file-box { display: grid; gap: 8px; min-width: 0; }
.drawer .file { max-height: 420px; }
.effect strong { color: var(--accent); font-size: 17px; }
.events.small { padding: 0; min-height: 0; }
.events.small .event { grid-template-columns: 66px minmax(0, 1fr) 120px; }
.events.small .badge, .events.small .why, .events.small .rule { display: none; }
.events.small .client { display: block; }
summary { cursor: pointer; padding: 4px 0; }
.help { margin: auto; border-radius: 10px; padding: 20px 26px; }
.help dl { display: grid; grid-template-columns: max-content 1fr; gap: 6px 18px; padding: 12px 0 16px; }
.help dd { margin: 0; }
kbd { border: 1px solid var(--line); border-bottom-width: 2px; border-radius: 4px; padding: 0 7px; background: var(--raised); }
`
