/** What the topic's constructs filter on; the attributes are those of the message. */
export { ENVELOPE_ATTRIBUTES } from '../message/message.contract.ts';
