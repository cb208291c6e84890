import { html, type Markup } from '@watchbill/kit/html';

/** The form for a token, and how to get one. `why`: why a page was refused; `next`: the page after it. */
export function loginPage(why: string | null, next: string): Markup {
  return html`<div class="narrow"><h1>Sign in</h1>
${why !== null && html`<p class="troubles">${why}</p>`}
<p>This page needs a token. An operator makes one that may read:</p>
<p><code>watchbill token create --role reader --name ada --out ada.token</code></p>
<form method="post" action="/console/login"><input type="hidden" name="next" value="${next}">
<label for="token">Token</label>
<input id="token" name="token" type="password" autocomplete="off" required maxlength="256">
<button type="submit">Sign in</button>
</form>
<p class="quiet">The token goes to this service once. Your browser keeps a random session id for 12 hours in a cookie, not the token. If this form comes back without a reason, allow cookies for this address. A program can send <code>Authorization: Bearer TOKEN</code> instead.</p></div>`;
}
