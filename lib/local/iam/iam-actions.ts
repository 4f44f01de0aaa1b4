import type { Clock } from '../../core/clock.ts';
import type { Ids } from '../../core/ids.ts';
import type { Json, Place } from '../aws.ts';
import type { IamStore } from './iam-store.ts';

/** What IAM's actions work on. */
export interface IamDeps {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly place: Place;
  readonly store: IamStore;
}

/** Action name → its implementation over the SDK's input and output shapes. */
export type IamActions = Readonly<Record<string, (input: Json) => Json>>;
