import { coded, html, type Markup } from '@watchbill/kit/html';
import type { ActionPage } from './handover.ts';

/** The page that freezes a key, or lifts its freeze. */
export function freezePage({ key, formToken, reason, result }: ActionPage): Markup {
  const isFrozen = key.state.word === 'frozen';
  const [title, what, button] = isFrozen
    ? ['Lift the freeze of', 'The services grant units of the key again.', 'Lift the freeze']
    : ['Freeze', 'No service grants the key a new unit until a person lifts the freeze.', 'Freeze the key'];
  const form =
    formToken !== null &&
    result?.isDone !== true &&
    html`<form class="narrow card" method="post" action="/console/${key.id}/freeze"><input type="hidden" name="form" value="${formToken}"><input type="hidden" name="freeze" value="${key.freeze?.atMs ?? ''}">
<label for="reason">Why</label><input id="reason" name="reason" value="${reason}" required maxlength="500" autocomplete="off">
<label for="digits">The last six digits of the key</label><input id="digits" name="digits" required autocomplete="off" pattern="[0-9a-fA-F]{6}" maxlength="6">
<button type="submit" name="do" value="${isFrozen ? 'lift' : 'freeze'}">${button}</button></form>`;
  return html`<h1>${result?.isDone === true ? 'Freeze of' : title} key <code>${key.label}</code></h1>
<p>${coded(key.state.sentence)}.</p>
${result !== null && html`<p class="${result.isDone ? 'card' : 'troubles'}">${coded(result.text)}</p>`}
${result?.isDone !== true && html`<p>${what}</p>`}
${formToken === null && html`<p><a href="/console/login">Sign in</a> with an operator token to change it.</p>`}${form}
<p><a href="/console/${key.id}">Back to the key</a></p>`;
}
