// Makes a run's page answer: its parts fold, its tables sort, its theme changes. Without scripts
// everything is there to be read, and on paper everything is printed.
{
  const root = document.documentElement;
  root.classList.add('js');

  // Parts are open as they come; all but the first ones are closed, and opened on paper.
  const parts = all('details');
  let closed = [];
  for (const part of parts) part.open = part.dataset.first === 'first';
  addEventListener('beforeprint', () => {
    closed = parts.filter((part) => !part.open);
    for (const part of closed) part.open = true;
  });
  addEventListener('afterprint', () => {
    for (const part of closed) part.open = false;
  });

  // A table is sorted by the column whose title is clicked: numbers from the largest on, texts from
  // A on, and the other way round the second time. What is missing comes last either way.
  const key = (row, column) => {
    const cell = row.cells[column];
    if (!cell || cell.colSpan > 1) return null;
    if (cell.dataset.value !== undefined) return Number(cell.dataset.value);
    const isText = cell.tagName === 'TH' || cell.classList.contains('word');
    return isText ? cell.textContent : null;
  };
  const compare = (a, b) =>
    typeof a === 'number' && typeof b === 'number'
      ? a - b : String(a).localeCompare(String(b), undefined, { numeric: true });
  const sort = (table, head, column) => {
    const rows = [...table.tBodies[0].rows];
    const isNumber = rows.some((row) => typeof key(row, column) === 'number');
    const before = head.getAttribute('aria-sort');
    const order = before
      ? (before === 'ascending' ? 'descending' : 'ascending')
      : (isNumber ? 'descending' : 'ascending');
    for (const other of all('thead th', table)) other.removeAttribute('aria-sort');
    head.setAttribute('aria-sort', order);
    const sign = order === 'ascending' ? 1 : -1;
    rows.sort((one, other) => {
      const [a, b] = [key(one, column), key(other, column)];
      if (a === null || b === null) return (a === null) - (b === null);
      return sign * compare(a, b);
    });
    table.tBodies[0].append(...rows);
  };
  for (const table of all('table.results')) {
    if (table.tBodies[0].rows.length < 2) continue;
    all('thead th', table).forEach((head, column) => {
      if (!head.textContent) return;
      const button = document.createElement('button');
      button.type = 'button';
      button.className = 'sort';
      button.append(...head.childNodes);
      button.addEventListener('click', () => sort(table, head, column));
      head.append(button);
    });
  }

  // The theme is the system's until another is chosen. A browser may refuse to remember it.
  const themes = ['system', 'light', 'dark'];
  const remembered = (theme) => {
    try {
      if (theme) localStorage.setItem('retort-theme', theme);
      return localStorage.getItem('retort-theme');
    } catch {
      return null;
    }
  };
  const place = document.querySelector('nav ul');
  if (place) {
    const item = document.createElement('li');
    const button = document.createElement('button');
    const show = (theme) => {
      if (theme === 'system') delete root.dataset.theme; else root.dataset.theme = theme;
      button.textContent = `theme: ${theme}`;
      button.dataset.theme = theme;
    };
    item.className = 'theme';
    button.type = 'button';
    button.addEventListener('click', () => {
      const next = themes[(themes.indexOf(button.dataset.theme) + 1) % themes.length];
      show(next);
      remembered(next);
    });
    show(themes.includes(remembered()) ? remembered() : 'system');
    item.append(button);
    place.append(item);
  }
}
