// Drives Apache commons-net: CommonsNet HOST PORT ENTRANCE VERSION CA USER PASSWORD VERIFY STEP...
// A step is VERB\tREMOTE\tLOCAL; for each one line "outcome done|failed TEXT" goes to stdout.
import java.io.*;
import java.nio.file.*;
import java.security.KeyStore;
import java.security.cert.*;
import javax.net.ssl.*;
import org.apache.commons.net.ftp.*;

public class CommonsNet {
    public static void main(String[] words) throws Exception {
        String host = words[0], entrance = words[2];
        FTPClient ftp = entrance.equals("clear") ? new FTPClient() : secured(entrance.equals("implicit"), words[3], words[4]);
        ftp.setRemoteVerificationEnabled(words[7].equals("verify"));
        ftp.setDefaultTimeout(30_000);
        ftp.connect(host, Integer.parseInt(words[1]));
        ftp.setSoTimeout(30_000);
        if (ftp instanceof FTPSClient tls) {
            tls.execPBSZ(0);
            tls.execPROT("P");
        }
        if (!ftp.login(words[5], words[6])) throw new IOException(ftp.getReplyString());
        ftp.enterLocalPassiveMode();
        ftp.setFileType(FTP.BINARY_FILE_TYPE);
        for (int at = 8; at < words.length; at++) System.out.println("outcome " + perform(ftp, words[at].split("\t", -1)));
        ftp.logout();
        ftp.disconnect();
    }

    static FTPSClient secured(boolean isImplicit, String version, String ca) throws Exception {
        KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
        trusted.load(null, null);
        try (InputStream pem = Files.newInputStream(Path.of(ca))) {
            trusted.setCertificateEntry("ca", CertificateFactory.getInstance("X.509").generateCertificate(pem));
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        FTPSClient ftp = new FTPSClient(isImplicit, context);
        ftp.setEnabledProtocols(new String[] {"TLSv" + version});
        return ftp;
    }

    static String perform(FTPClient ftp, String[] step) {
        try {
            return switch (step[0]) {
                case "Upload" -> {
                    try (InputStream source = new FileInputStream(step[2])) { yield said(ftp, ftp.storeFile(step[1], source)); }
                }
                case "Download" -> {
                    try (OutputStream sink = new FileOutputStream(step[2])) { yield said(ftp, ftp.retrieveFile(step[1], sink)); }
                }
                default -> {
                    StringBuilder names = new StringBuilder();
                    for (FTPFile file : ftp.listFiles(step[1])) names.append(file.getName()).append(' ');
                    yield FTPReply.isPositiveCompletion(ftp.getReplyCode()) ? "done " + names : said(ftp, false);
                }
            };
        } catch (IOException error) {
            return "failed " + error;
        }
    }

    static String said(FTPClient ftp, boolean isDone) {
        return (isDone ? "done " : "failed ") + ftp.getReplyString().strip().replace('\n', ' ');
    }
}
