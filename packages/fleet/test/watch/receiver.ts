import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import { listening } from '@watchbill/kit/testing';

/** What Alertmanager posts. */
export interface Told {
  readonly status: string;
  readonly receiver: string;
  readonly alerts: readonly {
    readonly status: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  }[];
}

/** A webhook for alerts, which keeps what it is told. */
export async function startReceiver(context: { after(work: () => void): void }) {
  const told: Told[] = [];
  const server = createServer(async (request, response) => {
    told.push((await json(request)) as Told);
    response.end();
  });
  return { url: `http://127.0.0.1:${await listening(server, context)}/`, told };
}
