export type { Channel, Fetch, Message } from './channel.ts';
export {
  type MatrixSetting,
  matrixChannel,
  slackChannel,
  type TelegramSetting,
  telegramChannel,
  webhookChannel,
} from './channels.ts';
export { deliver } from './deliver.ts';
export { closeNotice, noteState, openNotice } from './notices.ts';
