interface PageHeaderProps {
  name: string;
  title?: string | undefined;
  locale: string;
  /** What the button says: the other language in itself. */
  switchTo: string;
  onLocale: (locale: string) => void;
  children?: preact.ComponentChildren;
}

/** The head of the hiring team's pages: what it is, and the switch of languages. */
export function PageHeader({ name, title, locale, switchTo, onLocale, children }: PageHeaderProps) {
  return (
    <header class="top">
      <div class="top-line">
        <span class="brand">
          <span class="brand-name">{name}</span>
          {title !== undefined && <span class="brand-title">{title}</span>}
        </span>
        <button
          type="button"
          class="quiet"
          data-testid="language"
          onClick={() => onLocale(locale === "zh" ? "en" : "zh")}
        >
          {switchTo}
        </button>
        {children}
      </div>
    </header>
  );
}
