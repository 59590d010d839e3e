"""The store: pages, records, readings, revisions, batches and users, in SQLite or PostgreSQL.

Pictures lie beside it in a `PictureStore`. Everything that comes out is a plain value (`scanner.store.views`) whose
`repr` shows no citizen's answer; moments are aware, in UTC. Every id is a UUID, a record's made from the page it is
of, so that databases can be merged. Every method may raise StorageFull and StoreError with one sentence.

    Store           open, close; also a context manager
    Intake          batches and pages in: ensure_batch, add_record, known_pages, batches, batch, pages_needing_a_person
    Sheets          pages of forms of several pages: assemble, join, split, unmatched_pages, leave_out
    UnplacedPages   pages that could not be placed: place, set_aside, take_back, pages_set_aside, page_acts
    Rereading       begin_reread, pages_to_reread, replace_machine_reading, keep_reading, end_reread
    Review          queue, next_record, record, page_pictures, snippet, revisions, correct, settle_issue, hold, release
    Users           add_user, users, disable_user, enable_user, set_password, authenticate, viewer
    ExportQueries   export_rows, forms_going, pages_between, issue_counts
    Learning        decided_readings
    FrequentValues  shared_texts

A `Viewer` with communes sees and changes only what lies in batches of those communes; what is outside looks as if it
were not there (NotThere). The machine's own operator is None and sees all. Two things cross communes by intent: how
many other records hold the same number, and texts that several people share.

Below them: `tables` (with the indexes that the queries are answered by), `counts` (of each batch, kept with every
change), `locks` (PostgreSQL's writers), `convert` and `row_mapping` (rows and values), `stored_json` (the types of JSON
columns), `connection`, `schema` and `migrations`.
"""
