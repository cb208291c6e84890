/**
 * The texts of the service's own pages. They load no file from another machine and have no inline script or
 * style.
 */

/** The icon of the browser tab: a clock. */
export const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
<rect width="32" height="32" rx="7" fill="#0b3d4f"/>
<circle cx="16" cy="16" r="9" fill="none" stroke="#fff" stroke-width="2.5"/>
<path d="M16 10.5V16l4 2.5" fill="none" stroke="#ffb53e" stroke-width="2.5" stroke-linecap="round"/>
</svg>
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
