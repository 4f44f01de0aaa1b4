import type { Json } from '../aws.ts';

/** Action name → its implementation over the SDK's input and output shapes. */
export type CloudFormationActions = Readonly<Record<string, (input: Json) => Json>>;
