export { type AuthoredBlock, authoredBlock } from './authored.ts';
export { type DuePass, type DueSlot, dueFollower, secondaryAuthor } from './due.ts';
export { type BlockFollower, followBlocks, MAX_BLOCKS } from './follow-blocks.ts';
