"""The store: pages, records, readings, revisions, batches and people, in SQLite or PostgreSQL.

Pictures lie beside it in a `PictureStore`. Everything that comes out is a plain value (`scanner.store.views`) whose
`repr` shows no citizen's answer; moments are aware, in UTC. Every id is a UUID, a record's made from the page it is
of, so that databases can be merged. Every method may raise StorageFull and StoreError with one sentence.

    Store           open, close; also a context manager
    Intake          batches and pages in: ensure_batch, add_record, replace_machine_reading, known_pages, batches,
                    pages_needing_a_person; records_with counts equal numbers, recheck runs the rules anew
    Sheets          pages of forms of several pages: assemble, join, split, loose_pages, leave_out
    Placing         pages the registration refused: place, set_aside, take_back, pages_set_aside, page_acts
    Review          queue, record, revisions, correct, settle_issue, hold, release
    Users           add_user, users, disable_user, enable_user, set_password, authenticate, viewer
    Outgoing        export_rows, forms_going, pages_between, issue_counts
    Learning        decided_readings
    Shared          shared_texts

A `Viewer` with communes sees and changes only what lies in batches of those communes; what is outside looks as if it
were not there (NotThere). The machine's own operator is None and sees all. Two things cross communes by intent: how
many other records hold the same number, and texts that several people share.
"""
