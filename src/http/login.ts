import { orAborted } from './abort.ts';
import type { Auth, Credentials } from './auth.ts';
import type { HttpRequest } from './message.ts';

/** Keeps those who share an auth from renewing it one after the other. */
export class Login {
  readonly #auth: Auth;
  /** How often it was renewed. */
  #renewals = 0;
  #renewing?: Promise<void>;

  constructor(auth: Auth) {
    this.#auth = auth;
  }

  /** `renewals` tells later whether these are still the latest. */
  async credentials(request: HttpRequest): Promise<{ credentials: Credentials; renewals: number }> {
    const renewals = this.#renewals;
    return { credentials: await this.#auth.apply(request), renewals };
  }

  /** Renews what was refused, unless somebody did meanwhile. False where there is nothing to renew. */
  async renew(refused: number, signal: AbortSignal): Promise<boolean> {
    const { refresh } = this.#auth;
    if (refresh === undefined) return false;
    if (refused < this.#renewals) return true;
    this.#renewing ??= this.#refresh();
    await orAborted(this.#renewing, signal);
    return true;
  }

  async #refresh(): Promise<void> {
    try {
      await this.#auth.refresh?.();
      this.#renewals += 1;
    } finally {
      this.#renewing = undefined;
    }
  }
}

const logins = new WeakMap<Auth, Login>();

/** One per auth, whoever uses it. */
export function loginOf(auth: Auth): Login {
  const login = logins.get(auth) ?? new Login(auth);
  logins.set(auth, login);
  return login;
}
