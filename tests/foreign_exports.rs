//! Exports as other sites, versions and tools write them: other optional fields, another order, numbers as
//! strings, other forms of dates, grids in the language of whoever exports them. Each is recognised, and its
//! tickets have the clock their dates say. Ordinary files that look like exports are nobody's.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    missing_docs,
    reason = "a test fails loudly"
)]

#[path = "foreign/vendors.rs"]
mod vendors;

mod support;

use std::collections::BTreeMap;

use serde_json::Value;
use support::{Run, folder, private, put, run};

/// Formats, whose records are no helpdesk's.
const FORMATS: [&str; 8] = ["xml", "json", "sql", "csv", "text", "html", "markdown", "file"];

fn scan(files: &[(&str, &str)]) -> Run {
    let home = folder();
    for (name, text) in files {
        put(home.path(), &format!("archive/{name}"), text);
    }
    private(&home.path().join("archive"));
    run(home.path(), &["scan", "archive", "--format", "jsonl", "--as-of", "2026-11-22"])
}

/// Records of helpdesks as `system kind`.
fn kinds(run: &Run) -> BTreeMap<String, u64> {
    let mut out = BTreeMap::new();
    for system in run.summary()["systems"].as_array().unwrap() {
        let name = system["system"].as_str().unwrap();
        for kind in system["kinds"].as_array().unwrap() {
            if !FORMATS.contains(&name) {
                let of = format!("{name} {}", kind[0].as_str().unwrap());
                *out.entry(of).or_default() += kind[1].as_u64().unwrap();
            }
        }
    }
    out
}

/// Tickets past their period with the clock it runs from: `id clock day`.
fn expired(run: &Run) -> Vec<String> {
    let mut out: Vec<String> = run
        .of_type("finding")
        .iter()
        .filter(|f| f["rule"] == "retention/ticket-expired" && f["verdict"] == "fail")
        .map(|f| {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            let day = text(&f["clock"]["at"]);
            format!(
                "{} {} {}",
                text(&f["record"]["id"]),
                text(&f["clock"]["name"]),
                &day[..day.len().min(16)]
            )
        })
        .collect();
    out.sort();
    out
}

#[track_caller]
fn gives(files: &[(&str, &str)], wanted: &[(&str, u64)], clocks: &[&str]) {
    let run = scan(files);
    let wanted: BTreeMap<String, u64> = wanted.iter().map(|(of, n)| ((*of).to_owned(), *n)).collect();
    assert_eq!(kinds(&run), wanted);
    assert_eq!(expired(&run), clocks);
}

#[test]
fn zendesk_lines_with_ids_as_strings_and_comments_inside() {
    let line = r#"{"status":"closed","tags":null,"subject":"Rechnung","requester_id":"9001","id":"77","submitter_id":"9001","created_at":"2015-03-01T09:00:00+01:00","updated_at":"2022-01-01T00:00:00Z","comments":[{"created_at":"2015-04-02T10:00:00+02:00","author_id":"9001","body":"Danke","public":true,"id":"5","attachments":[]}],"fields":[],"satisfaction_rating":null}"#;
    gives(
        &[(
            "tickets.ndjson",
            &format!("{line}\n{}\n", line.replace("\"77\"", "\"78\"").replace("closed", "open")),
        )],
        &[("zendesk comment", 2), ("zendesk ticket", 2)],
        &["77 last-subject-contact 2015-04-02T08:00"],
    );
}

#[test]
fn zendesk_incremental_pages_and_metrics() {
    let page = r#"{"tickets":[{"url":"https://acme.zendesk.com/api/v2/tickets/9.json","id":9,"external_id":null,"via":{"channel":"web","source":{"from":{},"to":{},"rel":null}},"created_at":"2014-01-01T00:00:00Z","updated_at":"2014-06-01T00:00:00Z","type":null,"subject":"x","raw_subject":"x","description":"y","priority":null,"status":"solved","recipient":null,"requester_id":1,"submitter_id":2,"assignee_id":2,"organization_id":null,"group_id":3,"collaborator_ids":[],"custom_status_id":44,"metric_set":{"id":1,"ticket_id":9,"solved_at":"2014-05-01T00:00:00Z"},"generated_timestamp":1400000000}],"after_url":null,"after_cursor":"MT","end_of_stream":true}"#;
    let statuses = r#"{"custom_statuses":[{"id":44,"status_category":"solved","agent_label":"Listo","end_user_label":"Listo","active":true,"default":false,"description":"","created_at":"2014-01-01T00:00:00Z","updated_at":"2014-01-01T00:00:00Z"}]}"#;
    gives(
        &[("cursor.json", page), ("custom_statuses.json", statuses)],
        &[("zendesk setting", 1), ("zendesk ticket", 1)],
        &["9 solved 2014-05-01T00:00"],
    );
}

#[test]
fn zendesk_account_tables_and_the_first_xml() {
    let table = "Summation column,Id,Requester,Requester id,Requester external id,Requester email,Requester domain,Submitter,Assignee,Group,Subject,Tags,Status,Priority,Via,Ticket type,Created at,Updated at,Assigned at,Organization,Due date,Initially assigned at,Solved at,Resolution time,Satisfaction Score,Group stations,Assignee stations,Reopens,Replies\n1,55,Ona Puigdevall,900,,ona.puigdevall@correo-olvido.es,correo-olvido.es,Ona Puigdevall,Ada,Soporte,Factura,vip,Closed,Normal,Mail,Question,2015-02-01 10:00,2015-02-09 10:00,,,,,2015-02-05 11:30,2,Offered,1,1,0,1\n";
    let xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<tickets type=\"array\" count=\"1\"><ticket><assigned-at type=\"datetime\">2012-01-02T00:00:00Z</assigned-at><assignee-id type=\"integer\">3</assignee-id><created-at type=\"datetime\">2012-01-01T00:00:00Z</created-at><current-tags>a b</current-tags><description>Mi DNI es 12345678Z</description><nice-id type=\"integer\">12</nice-id><requester-id type=\"integer\">4</requester-id><solved-at type=\"datetime\">2012-02-03T04:05:06Z</solved-at><status-id type=\"integer\">4</status-id><subject>Baja</subject><submitter-id type=\"integer\">4</submitter-id><updated-at type=\"datetime\">2013-01-01T00:00:00Z</updated-at><comments type=\"array\"><comment><author-id type=\"integer\">3</author-id><created-at type=\"datetime\">2012-01-05T00:00:00Z</created-at><is-public type=\"boolean\">false</is-public><type>Comment</type><value>nota</value></comment></comments></ticket></tickets>";
    gives(
        &[("export.csv", table), ("tickets.xml", xml)],
        &[("zendesk comment", 1), ("zendesk ticket", 2)],
        &["12 last-subject-contact 2012-01-01T00:00", "55 solved 2015-02-05T11:30"],
    );
}

#[test]
fn jira_cloud_issues_with_accounts_and_own_statuses() {
    let issue = r#"{"startAt":0,"issues":[{"fields":{"resolutiondate":"2016-05-04T10:00:00.000+0200","status":{"self":"x","name":"Aus der Welt","id":"10044","statusCategory":{"key":"done","id":3}},"summary":"Zugang","creator":{"accountId":"5b10","displayName":"Gesine W.","accountType":"atlassian"},"reporter":{"accountId":"5b10"},"comment":{"comments":[{"id":"1","author":{"accountId":"5b99"},"body":{"version":1,"type":"doc","content":[{"type":"paragraph","content":[{"type":"text","text":"ok"}]}]},"created":"2016-05-03T10:00:00.000+0200"}],"total":1},"created":"2016-05-01T10:00:00.000+0200","description":null},"key":"HD-9","id":"10009","expand":"operations","self":"https://x.atlassian.net/rest/api/3/issue/10009"}],"total":1,"maxResults":100}"#;
    gives(
        &[("a.json", issue)],
        &[("jira comment", 1), ("jira ticket", 1)],
        &["10009 last-subject-contact 2016-05-01T08:00"],
    );
}

#[test]
fn jira_data_center_backups_with_their_own_numbers() {
    let xml = r#"<?xml version="1.0" encoding="UTF-8"?><entity-engine-xml>
<Issue summary="Alta" id="20" key="A-1" project="1" reporter="ana" status="77" created="2013-01-01 10:00:00.0" updated="2020-01-01 10:00:00.0" resolutiondate="2013-02-01 10:00:00.0"/>
<Action type="comment" author="luis" issue="20" id="21" created="2013-01-20 10:00:00.0"><body><![CDATA[Linea 1
Linea 2]]></body></Action>
<Status name="Entsorgt" id="77" statuscategory="3"/>
<Project id="1" name="A" key="A"/>
</entity-engine-xml>"#;
    gives(
        &[("entities.xml", xml)],
        &[("jira comment", 1), ("jira setting", 1), ("jira ticket", 1)],
        &["20 solved 2013-02-01T10:00"],
    );
}

#[test]
fn jira_grids_in_four_languages() {
    let cloud = "Issue Type,Issue key,Issue id,Summary,Assignee,Assignee Id,Reporter,Reporter Id,Status,Created,Updated,Resolved,Status Category,Comment,Comment\nTask,A-1,1,Hello,,,Ona Puigdevall,5b1,Vergraben,03/Feb/21 4:05 PM,03/Feb/22 4:05 PM,04/Feb/21 9:00 AM,Done,04/Feb/21 9:00 AM;5b1;hola,\n";
    let es = "Resumen;Clave de incidencia;ID de la incidencia;Estado;Informador;Creada;Resuelta;Descripción\nAlta;B-1;2;Cerrada;Ona Puigdevall;31/01/2015 10:00;28/02/2015 12:00;texto\n";
    let de = "Vorgangsschlüssel,Zusammenfassung,Status,Autor,Erstellt,Erledigt,Beschreibung\nC-1,Umzug,Geschlossen,Gesine Wolterstedt,31.01.2015 10:00,28.02.2015 12:00,Text\n";
    let fr = "Résumé,Clé de ticket,État,Rapporteur,Création,Résolue\nBail,D-1,Fermé,Léa Moreaud,31/01/2015 10:00,28/02/2015 12:00\n";
    gives(
        &[("1.csv", cloud), ("2.csv", es), ("3.csv", de), ("4.csv", fr)],
        &[("jira ticket", 4)],
        &[
            "#0 solved 2015-02-28T12:00",
            "#0 solved 2015-02-28T12:00",
            "#0 solved 2015-02-28T12:00",
            "1 solved 2021-02-04T09:00",
        ],
    );
}

#[test]
fn jira_issues_as_rss() {
    let xml = "<!-- RSS generated by JIRA (8.20.1) -->\n<rss version=\"0.92\"><channel><title>Jira</title><link>https://x</link><item><title>[SUP-3] Baja</title><link>https://x/browse/SUP-3</link><project id=\"1\" key=\"SUP\">Soporte</project><description>&lt;p&gt;Mi DNI es 12345678Z&lt;/p&gt;</description><environment></environment><key id=\"33\">SUP-3</key><summary>Baja</summary><type id=\"1\">Task</type><status id=\"6\" iconUrl=\"x\" description=\"\">Closed</status><statusCategory id=\"3\" key=\"done\" colorName=\"green\"/><resolution id=\"1\">Done</resolution><assignee username=\"ada\">Ada Garrote</assignee><reporter username=\"ona\">Ona Puigdevall</reporter><labels><label>vip</label></labels><created>Wed, 14 Jan 2015 09:00:00 +0100</created><updated>Fri, 16 Jan 2015 09:00:00 +0100</updated><resolved>Thu, 15 Jan 2015 09:30:00 +0100</resolved><comments><comment id=\"9\" author=\"ada\" created=\"Thu, 15 Jan 2015 08:00:00 +0100\">&lt;p&gt;hecho&lt;/p&gt;</comment></comments><attachments><attachment id=\"4\" name=\"a.pdf\" size=\"3\" author=\"ona\" created=\"Thu, 15 Jan 2015 08:00:00 +0100\"/></attachments></item></channel></rss>";
    gives(
        &[("SUP-3.xml", xml)],
        &[("jira attachment", 1), ("jira comment", 1), ("jira ticket", 1)],
        &["SUP-3 solved 2015-01-15T08:30"],
    );
}

#[test]
fn servicenow_lists_without_ids_and_in_other_languages() {
    let names = "\"number\",\"opened_at\",\"short_description\",\"caller_id\",\"priority\",\"state\",\"category\",\"assignment_group\",\"assigned_to\",\"closed_at\"\n\"INC0010001\",\"2015-01-13 10:00:00\",\"Baja\",\"Ona Puigdevall\",\"3\",\"Closed\",\"\",\"\",\"Ada\",\"2015-02-14 11:00:00\"\n";
    let es = "Número,Abierto,Breve descripción,Solicitante,Estado,Asignado a,Cerrado\nINC0010002,2015-01-13 10:00:00,Baja,Ona Puigdevall,Cerrado,Ada,2015-02-14 11:00:00\n";
    let de = "Nummer;Geöffnet;Kurzbeschreibung;Anrufer;Status;Geschlossen\nINC0010003;13.01.2015 10:00:00;Umzug;Gesine Wolterstedt;Geschlossen;14.02.2015 11:00:00\n";
    let list = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><xml><incident><active>false</active><caller_id display_value=\"Ona Puigdevall\">6816f79cc0a8016401c5a33be04be441</caller_id><closed_at>2015-02-14 11:00:00</closed_at><number>INC0010004</number><opened_at>2015-01-13 10:00:00</opened_at><short_description>Baja</short_description><state>7</state><sys_created_on>2015-01-13 10:00:00</sys_created_on><sys_id>9d385017c611228701d22104cc95c371</sys_id></incident></xml>";
    gives(
        &[("incident.csv", names), ("incidencias.csv", es), ("vorfaelle.csv", de), ("incident.xml", list)],
        &[("servicenow ticket", 4)],
        &[
            "9d385017c611228701d22104cc95c371 closed 2015-02-14T11:00",
            "INC0010001 closed 2015-02-14T11:00",
            "INC0010002 closed 2015-02-14T11:00",
            "INC0010003 closed 2015-02-14T11:00",
        ],
    );
}

#[test]
fn servicenow_states_of_the_sites_own() {
    let choices = r#"{"result":[{"sys_id":"a1","name":"incident","element":"state","value":"18","label":"Geschlossen","language":"de","inactive":"false","sys_created_on":"2014-01-01 00:00:00"}]}"#;
    let table = r#"{"result":[{"sys_id":"b1","number":"INC1","short_description":"x","state":"18","opened_at":"2015-01-01 00:00:00","closed_at":"2015-03-01 00:00:00","caller_id":{"link":"https://x/api/now/table/sys_user/c1","value":"c1"}},{"sys_id":{"display_value":"b2","value":"b2"},"number":{"display_value":"INC2","value":"INC2"},"short_description":{"display_value":"y","value":"y"},"state":{"display_value":"Closed","value":"7"},"opened_at":{"display_value":"2015-01-01 01:00:00","value":"2015-01-01 00:00:00"},"closed_at":{"display_value":"2015-04-01 02:00:00","value":"2015-04-01 00:00:00"}}]}"#;
    gives(
        &[("sys_choice.json", choices), ("incident.json", table)],
        &[("servicenow setting", 1), ("servicenow ticket", 2)],
        &["b1 closed 2015-03-01T00:00", "b2 closed 2015-04-01T00:00"],
    );
}

#[test]
fn otrs_dumps_of_postgresql_and_their_search_grid() {
    let dump = "--\n-- PostgreSQL database dump\n--\nSET client_encoding = 'UTF8';\nCREATE TABLE public.ticket (\n    id bigint NOT NULL,\n    tn character varying(50) NOT NULL,\n    title character varying(255),\n    queue_id integer NOT NULL,\n    user_id integer NOT NULL,\n    ticket_state_id smallint NOT NULL,\n    customer_id character varying(150),\n    customer_user_id character varying(250),\n    create_time timestamp(0) without time zone NOT NULL\n);\nCOPY public.ticket (id, tn, title, queue_id, user_id, ticket_state_id, customer_id, customer_user_id, create_time) FROM stdin;\n5\t2015010110000012\tBaja\t1\t2\t14\tK1\tona\t2015-01-01 10:00:00\n\\.\nCOPY public.ticket_history (id, name, history_type_id, ticket_id, article_id, type_id, queue_id, owner_id, priority_id, state_id, create_time, create_by, change_time, change_by) FROM stdin;\n9\t%%open%%weg%%\t27\t5\t\\N\t1\t1\t2\t3\t14\t2015-06-01 10:00:00\t1\t2015-06-01 10:00:00\t1\n10\t%%weg%%open%%\t27\t5\t\\N\t1\t1\t2\t3\t4\t2019-06-01 10:00:00\t1\t2019-06-01 10:00:00\t1\n\\.\nCOPY public.ticket_state (id, name, comments, type_id, valid_id, create_time, create_by, change_time, change_by) FROM stdin;\n14\tendgültig weg\t\\N\t3\t1\t2015-01-01 10:00:00\t1\t2015-01-01 10:00:00\t1\n\\.\n";
    let grid = "Ticket#;Alter;Erstellt;Geschlossen;Erste Sperre;Status;Priorität;Queue;Sperre;Besitzer;Titel;Von;Betreff;Kundennummer\n2015020210000013;9 Jahre;2015-02-02 10:00:00;2015-02-09 10:00:00;;erfolgreich geschlossen;3 normal;Raw;frei;ada;Umzug;ona.puigdevall@correo-olvido.es;Umzug;K1\n";
    gives(
        &[("otrs.sql", dump), ("ticket_search.csv", grid)],
        &[("otrs audit-entry", 2), ("otrs setting", 1), ("otrs ticket", 2)],
        &["2015020210000013 closed 2015-02-09T10:00", "5 closed 2015-06-01T10:00"],
    );
}

#[test]
fn otrs_tickets_of_the_generic_interface_with_strings_for_numbers() {
    let ticket = r#"{"Ticket":[{"Age":"100","Article":[{"Attachment":[],"ArticleID":"31","Body":"Hallo","CreateTime":"2014-03-01 08:00:00","From":"Ona <ona.puigdevall@correo-olvido.es>","IncomingTime":"1393660800","IsVisibleForCustomer":"1","SenderType":"customer","SenderTypeID":"3","Subject":"Umzug","TicketID":"30","To":"Raw"}],"ArchiveFlag":"y","Created":"2014-03-01 08:00:00","CustomerUserID":"ona","Owner":"ada","Queue":"Raw","State":"bei den Akten","StateType":"closed","TicketID":"30","TicketNumber":"2014030110000011","Title":"Umzug"}]}"#;
    gives(
        &[("TicketGet.json", ticket)],
        &[("otrs comment", 1), ("otrs ticket", 1)],
        &["30 last-subject-contact 2014-03-01T08:00"],
    );
}

#[test]
fn salesforce_rest_rows_and_sites_with_their_own_words() {
    let rest = r#"{"totalSize":1,"done":true,"records":[{"attributes":{"type":"Case","url":"/services/data/v58.0/sobjects/Case/5001"},"Id":"5001","CaseNumber":"0001","Subject":"Baja","Status":"Archiviert","IsClosed":true,"ClosedDate":"2015-05-06T07:08:09.000+0000","CreatedDate":"2015-05-01T00:00:00.000+0000","ContactId":null,"OwnerId":"005"}]}"#;
    let loader = "Id,CaseNumber,Subject,Status,IsClosed,ClosedDate,CreatedDate,OwnerId,SystemModstamp\n5002,0002,Alta,Erledigt,true,2015-05-06T07:08:09.000Z,2015-05-01T00:00:00.000Z,005,2015-05-06T07:08:09.000Z\n";
    gives(
        &[("query.json", rest), ("extract.csv", loader)],
        &[("salesforce ticket", 2)],
        &["5001 closed 2015-05-06T07:08", "5002 closed 2015-05-06T07:08"],
    );
}

#[test]
fn slack_days_with_blocks_and_private_lists() {
    let day = r#"[{"client_msg_id":"a-1","type":"message","text":"*ES91* 2100","user":"U1","ts":"1452988821.000002","blocks":[{"type":"rich_text","block_id":"b","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"IBAN ES91 2100 0418 4502 "},{"type":"text","text":"0005 1332","style":{"bold":true}}]}]}],"team":"T1","thread_ts":"1452988821.000002","reply_count":0},{"subtype":"channel_join","user":"U2","text":"<@U2> has joined","type":"message","ts":"1452988822.000003"}]"#;
    let users = r#"[{"id":"U1","name":"ona","deleted":false,"profile":{"real_name":"Ona Puigdevall","email":"ona.puigdevall@correo-olvido.es"},"is_bot":false,"updated":1500000000}]"#;
    let run = scan(&[("general/2016-01-16.json", day), ("users.json", users), ("dms.json", "[]")]);
    assert_eq!(
        kinds(&run),
        BTreeMap::from([("slack comment".to_owned(), 2), ("slack person".to_owned(), 1)])
    );
    let iban = run.of_type("detection").into_iter().find(|line| {
        line["category"] == "iban"
            && line["field"].as_str().unwrap().starts_with("/blocks/0/elements/0/elements/0")
    });
    assert!(iban.is_some(), "a number in two runs of a message");
}

#[test]
fn two_exports_in_one_folder_keep_apart() {
    let zendesk = r#"[{"id":1,"subject":"a","requester_id":5,"submitter_id":5,"via":{},"status":"closed","created_at":"2015-01-01T00:00:00Z","closed_at":"2015-02-01T00:00:00Z"}]"#;
    let liveagent = r#"[{"id":"1","code":"ABC-DEFGH-123","subject":"b","owner_contactid":"5","departmentid":"d","channel_type":"E","status":"L","date_created":"2016-01-01 00:00:00","date_resolved":"2016-02-01 00:00:00"}]"#;
    gives(
        &[("one/tickets.json", zendesk), ("two/tickets.json", liveagent)],
        &[("liveagent ticket", 1), ("zendesk ticket", 1)],
        &["1 closed 2015-02-01T00:00", "1 solved 2016-02-01T00:00"],
    );
}

#[test]
fn an_unknown_version_is_read_as_far_as_it_is_known() {
    let xml = "<mediawiki xmlns=\"http://www.mediawiki.org/xml/export-0.99/\" version=\"0.99\"><siteinfo><sitename>x</sitename></siteinfo><page><title>t</title><ns>0</ns><id>1</id><novelty a=\"b\">Mi DNI es 12345678Z</novelty><revision><id>2</id><timestamp>2015-01-01T00:00:00Z</timestamp><contributor><ip>198.51.100.23</ip></contributor><text>hola</text></revision></page></mediawiki>";
    let run = scan(&[("dump.xml", xml)]);
    assert_eq!(kinds(&run)["mediawiki article"], 1);
    assert_eq!(kinds(&run)["mediawiki comment"], 1);
    assert!(
        run.of_type("detection").iter().any(|line| line["category"] == "es-dni"),
        "what is new is scanned"
    );
}

/// Ordinary files that resemble exports.
const ORDINARY: [(&str, &str); 16] = [
    (
        "package.json",
        r#"{"name":"x","version":"1.0.0","author":{"name":"Ana","email":"a@b.c"},"bugs":{"url":"u"},"scripts":{}}"#,
    ),
    (
        "map.geojson",
        r#"{"type":"FeatureCollection","features":[{"type":"Feature","id":1,"properties":{"name":"x","status":"open"},"geometry":{"type":"Point","coordinates":[1,2]}}]}"#,
    ),
    (
        "feed.xml",
        "<rss version='2.0'><channel><title>t</title><item><title>a</title><link>l</link><description>d</description><author>ana@b.c</author><comments>c</comments><guid>g</guid></item></channel></rss>",
    ),
    (
        "atom.xml",
        "<feed xmlns='http://www.w3.org/2005/Atom'><entry><id>1</id><title>t</title><author><name>Ana</name></author><updated>2015-01-01T00:00:00Z</updated><summary>s</summary></entry></feed>",
    ),
    (
        "sitemap.xml",
        "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'><url><loc>https://x</loc><lastmod>2015-01-01</lastmod></url></urlset>",
    ),
    (
        "strings.xml",
        "<resources><string name='app_name'>App</string><string name='status'>Closed</string></resources>",
    ),
    (
        "github.json",
        r#"[{"id":1,"node_id":"I","number":5,"title":"t","user":{"login":"ana","id":9},"labels":[{"id":1,"name":"bug"}],"state":"closed","assignee":null,"comments":3,"created_at":"2015-01-01T00:00:00Z","updated_at":"2015-01-01T00:00:00Z","closed_at":"2015-01-01T00:00:00Z","author_association":"NONE","body":"b"}]"#,
    ),
    (
        "gitlab.json",
        r#"[{"id":1,"iid":1,"project_id":2,"title":"t","description":"d","state":"closed","created_at":"2015-01-01T00:00:00Z","labels":[],"author":{"id":1,"name":"Ana","username":"ana"},"web_url":"u"}]"#,
    ),
    ("bank.csv", "Fecha;Concepto;Importe;Saldo\n01/02/2015;Recibo;-10,00;100,00\n"),
    ("crm.csv", "Id,Subject,Status,Owner\n1,Call,Open,Ana\n"),
    ("tasks.csv", "Number,State,Opened\n1,Texas,1845\n"),
    (
        "shop.json",
        r#"{"orders":[{"id":1,"status":"closed","customer_id":2,"created_at":"2015-01-01T00:00:00Z","tags":[]}]}"#,
    ),
    (
        "blog.json",
        r#"{"posts":[{"id":1,"title":"t","author_id":2,"body":"b","comments":[{"id":1,"body":"x","author":"Ana"}]}]}"#,
    ),
    (
        "users.json",
        r#"[{"id":1,"name":"Ana","username":"ana","email":"a@b.c","address":{"street":"x"},"company":{"name":"y"}}]"#,
    ),
    (
        "slackish.json",
        r#"[{"type":"message","id":1,"date":"2015-01-01T00:00:00","from":"Ana","text":"hola"}]"#,
    ),
    (
        "web.sql",
        "CREATE TABLE users (id int, login text, pw text);\nINSERT INTO users VALUES (1,'ana','x');\nCREATE TABLE ticket (id int, title text, state int);\nINSERT INTO ticket VALUES (1,'x',2);\nCREATE TABLE article (id int, body text);\nINSERT INTO article VALUES (1,'x');\n",
    ),
];

#[test]
fn files_that_look_like_exports_are_nobodys() {
    for (name, text) in ORDINARY {
        let run = scan(&[(name, text)]);
        assert!(kinds(&run).is_empty(), "{name}: {:?}", kinds(&run));
    }
}

#[test]
fn every_record_is_judged_or_a_gap() {
    let good = r#"{"id":1,"subject":"a","requester_id":5,"submitter_id":5,"via":{},"status":"open"}"#;
    let lines = format!("{good}\n{{\"id\":2,\"subj\n{}\n", good.replace("\"id\":1", "\"id\":3"));
    let run = scan(&[("tickets.ndjson", &lines)]);
    assert_eq!(kinds(&run)["zendesk ticket"], 2);
    assert_eq!(run.gap_codes(), ["malformed-json"], "three lines: two records and one gap");
    let rows = "Id,CaseNumber,Subject,Status,SystemModstamp\n1,1,a,New,x\n2,2,b\n3,3,c,New,x\n";
    let run = scan(&[("Case.csv", rows)]);
    assert_eq!((kinds(&run)["salesforce ticket"], run.gap_codes()), (3, vec!["ragged-row".to_owned()]));
}
