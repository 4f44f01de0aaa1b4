import type { Route, Table } from '../../index.ts';
import { on } from '../../index.ts';
import { WelcomeAuthor } from './github.messages.ts';

/** Notes whom to greet, once for each opened thing. */
export function welcomeAuthor(welcome: Table): readonly Route[] {
  return [
    on(WelcomeAuthor, async (message, { unit }) => {
      unit.update(
        welcome,
        { pk: `DELIVERY#${message.correlationId}` },
        {
          update: {
            expression: 'SET login = :login, subject = :subject ADD welcomed :one',
            values: { ':login': message.data.login, ':subject': message.data.subject, ':one': 1 },
          },
        },
      );
    }),
  ];
}
