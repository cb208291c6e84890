/**
 * The texts of the service's own pages. Nothing in them comes from elsewhere, and no script or style stands
 * inline.
 */

/** A watch between two hours of the bill: shown in the tab of the browser. */
export const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
<rect width="32" height="32" rx="7" fill="#0b3d4f"/>
<circle cx="16" cy="16" r="9" fill="none" stroke="#fff" stroke-width="2.5"/>
<path d="M16 10.5V16l4 2.5" fill="none" stroke="#ffb53e" stroke-width="2.5" stroke-linecap="round"/>
</svg>
`;

export const STYLE = `:root { color-scheme: light dark; }
body { max-width: 44rem; margin: 3rem auto; padding: 0 1.25rem; font: 1rem/1.55 system-ui, sans-serif; }
h1 { font-size: 1.6rem; margin: 0 0 .25rem; }
p { margin: 0 0 1.5rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .5rem 1.5rem; margin: 0; }
dd { margin: 0; opacity: .8; }
code { font-size: .95em; }
@media (max-width: 30rem) { dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: .75rem; } }
`;

/** Laid over the page that shows the API. */
export const DOCS_STYLE = `.swagger-ui .info { margin: 1.5rem 0; }
.swagger-ui .info .title small pre { font-family: inherit; }
@media (prefers-color-scheme: dark) {
  :root { color-scheme: dark; }
  body { background: #121212; }
  .swagger-ui { filter: invert(.93) hue-rotate(180deg); }
  .swagger-ui .microlight, .swagger-ui .highlight-code { filter: invert(1) hue-rotate(180deg); }
}
`;

const LINKS: readonly (readonly [path: string, what: string])[] = [
  ['/docs', 'the API, to browse and to try'],
  ['/openapi.json', 'the API as OpenAPI 3.1'],
  ['/metrics', 'metrics for Prometheus'],
  ['/readyz', 'whether the service grants now, and why not'],
  ['/livez', 'whether the process is alive'],
];

export const INDEX = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Watchbill permission service</title>
<link rel="icon" type="image/svg+xml" href="/icon.svg">
<link rel="stylesheet" href="/page.css">
</head>
<body>
<h1>Watchbill permission service</h1>
<p>For every unit of duty at most one payload is ever granted.</p>
<dl>
${LINKS.map(([path, what]) => `<dt><a href="${path}"><code>${path}</code></a></dt><dd>${what}</dd>`).join('\n')}
</dl>
</body>
</html>
`;
