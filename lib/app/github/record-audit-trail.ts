import type { AnyMessageDefinition, Route, Table } from '../../index.ts';
import { on } from '../../index.ts';

/**
 * Keeps one row for everything that happened, whatever it was. The row counts its own writes, so that anyone can see
 * that each delivery was recorded exactly once.
 */
export function recordAuditTrail(audit: Table, events: readonly AnyMessageDefinition[]): readonly Route[] {
  return events.map((event) =>
    on(event, async (message, { unit }) => {
      const { action, sender, repository } = message.data;
      unit.update(
        audit,
        { pk: `DELIVERY#${message.correlationId}` },
        {
          update: {
            expression: 'SET #type = :type, #at = :at, #action = :action, sender = :sender, repository = :repository ADD recorded :one',
            names: { '#type': 'type', '#at': 'at', '#action': 'action' },
            values: {
              ':type': message.type,
              ':at': message.time,
              ':action': action ?? null,
              ':sender': sender?.login ?? null,
              ':repository': repository?.full_name ?? null,
              ':one': 1,
            },
          },
        },
      );
    }),
  );
}
