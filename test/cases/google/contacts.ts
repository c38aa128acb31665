/** The contacts of one person: each change has a number, by which later reads find it. */

export interface Person {
  /** `people/c1` */
  resourceName: string;
  names?: readonly { displayName: string; givenName?: string; familyName?: string }[];
  organizations?: readonly { name: string; title?: string }[];
  emailAddresses?: readonly { value: string; type?: string }[];
  phoneNumbers?: readonly { value: string; canonicalForm?: string; type?: string }[];
  [field: string]: unknown;
}

/** A person as it is after a change; without fields once it is deleted. */
export interface Revision {
  readonly number: number;
  readonly resourceName: string;
  readonly etag: string;
  readonly updateTime: string;
  /** Absent when deleted. */
  readonly person?: Person;
}

export class Contacts {
  readonly #revisions = new Map<string, Revision>();
  readonly #now: () => number;
  #count = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  add(...people: readonly Person[]): void {
    for (const person of people) {
      if (this.get(person.resourceName) !== undefined)
        throw new Error(`${person.resourceName} is there already`);
      this.#revise(person.resourceName, person);
    }
  }

  change(resourceName: string, changes: Partial<Person>): void {
    this.#revise(resourceName, { ...this.#living(resourceName), ...changes });
  }

  remove(resourceName: string): void {
    this.#living(resourceName);
    this.#revise(resourceName, undefined);
  }

  get(resourceName: string): Person | undefined {
    return this.#revisions.get(resourceName)?.person;
  }

  /** Those that are there. */
  all(): Person[] {
    return this.since(0).flatMap(({ person }) => (person === undefined ? [] : [person]));
  }

  /** The last change of each person that changed after that one, in order. */
  since(number: number): Revision[] {
    const later = [...this.#revisions.values()].filter((revision) => revision.number > number);
    return later.sort((one, other) => one.number - other.number);
  }

  /** The number of the last change of all. */
  get last(): number {
    return this.#count;
  }

  #living(resourceName: string): Person {
    const person = this.get(resourceName);
    if (person === undefined) throw new Error(`there is no ${resourceName}`);
    return person;
  }

  #revise(resourceName: string, person: Person | undefined): void {
    this.#count += 1;
    const number = this.#count;
    const updateTime = new Date(this.#now()).toISOString();
    this.#revisions.set(resourceName, { number, resourceName, etag: `%Eg${number}`, updateTime, person });
  }
}

/** A contact to begin with. */
export function person(n: number, fields: Partial<Person> = {}): Person {
  return {
    resourceName: `people/c${n}`,
    names: [{ displayName: `Ada Example ${n}`, givenName: 'Ada', familyName: `Example ${n}` }],
    organizations: [{ name: `Company ${n}`, title: 'Owner' }],
    emailAddresses: [{ value: `ada${n}@example.com`, type: 'work' }],
    phoneNumbers: [{ value: `030 ${1000 + n}`, canonicalForm: `+4930${1000 + n}`, type: 'work' }],
    ...fields,
  };
}
