import { type Channel, escaped, type Fetch, plainText, sendJson } from './channel.ts';

type Common = Pick<Channel, 'name' | 'least' | 'perMinute'>;

export interface MatrixSetting extends Common {
  /** Of the home server, for example `https://matrix.example.org`. */
  readonly baseUrl: string;
  readonly room: string;
  readonly token: string;
}

/** Matrix: the id of the message is its transaction id, so that the server drops duplicates. */
export function matrixChannel({ baseUrl, room, token, ...common }: MatrixSetting, fetch: Fetch): Channel {
  return {
    ...common,
    send: (message, signal) => {
      const path = `/_matrix/client/v3/rooms/${encodeURIComponent(room)}/send/m.room.message/${encodeURIComponent(message.id)}`;
      const text = plainText(message);
      const body = {
        msgtype: message.severity === 'info' ? 'm.notice' : 'm.text',
        body: text,
        format: 'org.matrix.custom.html',
        formatted_body: escaped(text),
      };
      return sendJson(
        fetch,
        common.name,
        { method: 'PUT', url: new URL(path, baseUrl).href, token, body },
        signal,
      );
    },
  };
}

/** Slack, through an incoming webhook. Its markup uses `<`, `>` and `&`. */
export function slackChannel({ url, ...common }: Common & { readonly url: string }, fetch: Fetch): Channel {
  return {
    ...common,
    send: (message, signal) =>
      sendJson(
        fetch,
        common.name,
        { method: 'POST', url, body: { text: escaped(plainText(message)) } },
        signal,
      ),
  };
}

export interface TelegramSetting extends Common {
  readonly baseUrl: string;
  readonly token: string;
  readonly chat: string;
}

/** Telegram: without a parse mode, any text stays plain. */
export function telegramChannel({ baseUrl, token, chat, ...common }: TelegramSetting, fetch: Fetch): Channel {
  const url = new URL(`/bot${token}/sendMessage`, baseUrl).href;
  return {
    ...common,
    send: (message, signal) => {
      const body = { chat_id: chat, text: plainText(message), link_preview_options: { is_disabled: true } };
      return sendJson(fetch, common.name, { method: 'POST', url, body }, signal);
    },
  };
}

/** Any other program: the message as JSON. */
export function webhookChannel(
  { url, token, ...common }: Common & { readonly url: string; readonly token?: string },
  fetch: Fetch,
): Channel {
  return {
    ...common,
    send: (message, signal) =>
      sendJson(
        fetch,
        common.name,
        { method: 'POST', url, body: message, ...(token === undefined ? {} : { token }) },
        signal,
      ),
  };
}
