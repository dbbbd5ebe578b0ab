"""An SMTP server of Debian (python3-aiosmtpd): STARTTLS and a login are required. A line of JSON for each login and each mail."""
import base64, json, ssl, sys, time
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, SMTP


def say(**event):
    print(json.dumps(event), flush=True)


class Handler:
    async def handle_DATA(self, server, session, envelope):
        say(event="mail", sender=envelope.mail_from, recipients=envelope.rcpt_tos, tls=session.ssl is not None,
            login=session.auth_data, content=base64.b64encode(envelope.original_content).decode())
        return "250 OK"


def authenticate(server, session, envelope, mechanism, data):
    user, password = data.login.decode(), data.password.decode()
    good = (user, password) == (sys.argv[3], sys.argv[4])
    say(event="login", user=user, good=good)
    # Long enough for somebody who looks at the arguments of the client.
    time.sleep(0.5)
    return AuthResult(success=good, handled=False, auth_data=user)


context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
context.load_cert_chain(sys.argv[1], sys.argv[2])


class Server(Controller):
    def factory(self):
        return SMTP(self.handler, hostname="lab", tls_context=context, require_starttls=True, auth_required=True, authenticator=authenticate)


# Port 0 and the controller's own check of it do not go together.
server = Server(Handler(), hostname="127.0.0.1", port=int(sys.argv[5]))
server.start()
say(event="ready")
sys.stdin.read()
server.stop()
