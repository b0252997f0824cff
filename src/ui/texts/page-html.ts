// The page's HTML. Everything that changes is made by its script; nothing of a request ever stands in here.

const head = `<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="dark light">
<title>mirrorwaf</title>
<link rel="icon" href="/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/vendor/uplot.css">
<link rel="stylesheet" href="/page.css">`

export const pageHtml: string = `<!doctype html>
<html lang="en" data-theme="dark">
<head>
${head}
<script type="module" src="/main.js"></script>
</head>
<body>
<a class="skip" href="#events">Skip to the events</a>
<header class="top">
  <h1>mirror<b>waf</b></h1>
  <span id="live-state" class="live-state off" role="status">connecting</span>
  <span id="about" class="about"></span>
  <nav aria-label="Page">
    <button type="button" id="theme" class="plain" title="Key t">Theme</button>
    <button type="button" id="show-help" class="plain" title="Key ?">Keys</button>
  </nav>
</header>
<main>
  <dl id="tiles" class="tiles" aria-label="This second"></dl>
  <section id="charts" class="charts" aria-label="The last five minutes"></section>
  <section aria-labelledby="attacks-title">
    <div class="section-head">
      <h2 id="attacks-title">Attacks</h2>
      <span id="attack-total" class="quiet"></span>
      <div id="ranges" class="choices" role="group" aria-label="Time range"></div>
    </div>
    <div class="panel"><div id="timeline" class="timeline" role="img" aria-label="Attacks over time by type"></div></div>
    <div id="breakdowns" class="breakdowns"></div>
  </section>
  <section aria-labelledby="events-title">
    <div class="section-head">
      <h2 id="events-title">Events</h2>
      <form id="search-form" role="search">
        <input id="search" type="search" autocomplete="off" spellcheck="false" maxlength="200"
          placeholder="Search in events  ( / )" aria-label="Search in events">
      </form>
      <div id="chips" class="chips"></div>
      <span id="search-state" class="quiet" role="status"></span>
      <button type="button" id="pause" class="choice" aria-pressed="false" title="Key p">Pause</button>
    </div>
    <button type="button" id="newer" class="newer" hidden></button>
    <ol id="events" class="panel events" aria-label="Events, newest first"></ol>
    <button type="button" id="more" class="more" hidden>Older events</button>
  </section>
</main>
<dialog id="detail" class="drawer" aria-labelledby="detail-title"><div id="detail-content" class="drawer-content"></div></dialog>
<dialog id="help" class="help" aria-labelledby="help-title">
  <h2 id="help-title">Keys</h2>
  <dl id="help-keys"></dl>
  <button type="button" id="close-help" class="primary">Close</button>
</dialog>
<p id="notice" class="notice" role="status" aria-live="polite"></p>
</body>
</html>
`

/** Two lines, one the other's mirror image. */
export const iconSvg: string = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
<rect width="32" height="32" rx="7" fill="#151b23"/>
<path d="M6 22 12 10l4 7" fill="none" stroke="#93a1b3" stroke-width="3" stroke-linecap="round" stroke-linejoin="round"/>
<path d="M26 22 20 10l-4 7" fill="none" stroke="#4cb5f9" stroke-width="3" stroke-linecap="round" stroke-linejoin="round"/>
</svg>
`

/** Asks for the token; works without any script. */
export const loginHtml: string = `<!doctype html>
<html lang="en" data-theme="dark">
<head>
${head}
</head>
<body class="login">
<form method="post" action="/login" class="panel">
  <h1>mirror<b>waf</b></h1>
  <label for="token">Token</label>
  <input id="token" name="token" type="password" autocomplete="current-password" required autofocus>
  <button type="submit" class="primary">Open</button>
</form>
</body>
</html>
`
